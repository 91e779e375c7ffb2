SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.datasets (
    dataset_uuid character varying(36) NOT NULL,
    experiment_id integer NOT NULL,
    name character varying(500) NOT NULL,
    digest character varying(36) NOT NULL,
    dataset_source_type character varying(36) NOT NULL,
    dataset_source text NOT NULL,
    dataset_schema text,
    dataset_profile text
);
CREATE TABLE public.experiment_tags (
    key character varying(250) NOT NULL,
    value character varying(5000),
    experiment_id integer NOT NULL
);
CREATE TABLE public.experiments (
    experiment_id integer NOT NULL,
    name character varying(256) NOT NULL,
    artifact_location character varying(256),
    lifecycle_stage character varying(32),
    creation_time bigint,
    last_update_time bigint,
    CONSTRAINT experiments_lifecycle_stage CHECK (((lifecycle_stage)::text = ANY (ARRAY[('active'::character varying)::text, ('deleted'::character varying)::text])))
);
CREATE SEQUENCE public.experiments_experiment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.experiments_experiment_id_seq OWNED BY public.experiments.experiment_id;
CREATE TABLE public.input_tags (
    input_uuid character varying(36) NOT NULL,
    name character varying(255) NOT NULL,
    value character varying(500) NOT NULL
);
CREATE TABLE public.inputs (
    input_uuid character varying(36) NOT NULL,
    source_type character varying(36) NOT NULL,
    source_id character varying(36) NOT NULL,
    destination_type character varying(36) NOT NULL,
    destination_id character varying(36) NOT NULL
);
CREATE TABLE public.latest_metrics (
    key character varying(250) NOT NULL,
    value double precision NOT NULL,
    "timestamp" bigint,
    step bigint NOT NULL,
    is_nan boolean NOT NULL,
    run_uuid character varying(32) NOT NULL
);
CREATE TABLE public.metrics (
    key character varying(250) NOT NULL,
    value double precision NOT NULL,
    "timestamp" bigint NOT NULL,
    run_uuid character varying(32) NOT NULL,
    step bigint DEFAULT '0'::bigint NOT NULL,
    is_nan boolean DEFAULT false NOT NULL
);
CREATE TABLE public.model_version_tags (
    key character varying(250) NOT NULL,
    value character varying(5000),
    name character varying(256) NOT NULL,
    version integer NOT NULL
);
CREATE TABLE public.model_versions (
    name character varying(256) NOT NULL,
    version integer NOT NULL,
    creation_time bigint,
    last_updated_time bigint,
    description character varying(5000),
    user_id character varying(256),
    current_stage character varying(20),
    source character varying(500),
    run_id character varying(32),
    status character varying(20),
    status_message character varying(500),
    run_link character varying(500),
    storage_location character varying(500)
);
CREATE TABLE public.params (
    key character varying(250) NOT NULL,
    value character varying(8000) NOT NULL,
    run_uuid character varying(32) NOT NULL
);
CREATE TABLE public.registered_model_aliases (
    alias character varying(256) NOT NULL,
    version integer NOT NULL,
    name character varying(256) NOT NULL
);
CREATE TABLE public.registered_model_tags (
    key character varying(250) NOT NULL,
    value character varying(5000),
    name character varying(256) NOT NULL
);
CREATE TABLE public.registered_models (
    name character varying(256) NOT NULL,
    creation_time bigint,
    last_updated_time bigint,
    description character varying(5000)
);
CREATE TABLE public.runs (
    run_uuid character varying(32) NOT NULL,
    name character varying(250),
    source_type character varying(20),
    source_name character varying(500),
    entry_point_name character varying(50),
    user_id character varying(256),
    status character varying(9),
    start_time bigint,
    end_time bigint,
    source_version character varying(50),
    lifecycle_stage character varying(20),
    artifact_uri character varying(200),
    experiment_id integer,
    deleted_time bigint,
    CONSTRAINT runs_lifecycle_stage CHECK (((lifecycle_stage)::text = ANY (ARRAY[('active'::character varying)::text, ('deleted'::character varying)::text]))),
    CONSTRAINT runs_status_check CHECK (((status)::text = ANY (ARRAY[('SCHEDULED'::character varying)::text, ('FAILED'::character varying)::text, ('FINISHED'::character varying)::text, ('RUNNING'::character varying)::text, ('KILLED'::character varying)::text]))),
    CONSTRAINT source_type CHECK (((source_type)::text = ANY (ARRAY[('NOTEBOOK'::character varying)::text, ('JOB'::character varying)::text, ('LOCAL'::character varying)::text, ('UNKNOWN'::character varying)::text, ('PROJECT'::character varying)::text])))
);
CREATE TABLE public.tags (
    key character varying(250) NOT NULL,
    value character varying(5000),
    run_uuid character varying(32) NOT NULL
);
ALTER TABLE ONLY public.experiments ALTER COLUMN experiment_id SET DEFAULT nextval('public.experiments_experiment_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('acf3f17fdcc7');
INSERT INTO public.datasets VALUES ('1a8a7794b17840c191dafb468a2a7558', 1, 'iris', 'abc12345', 'local', '{"uri": "/data/iris.csv"}', '{"mlflow_colspec": [{"type": "double", "name": "sepal", "required": true}]}', '{"num_rows": 150}');
INSERT INTO public.experiment_tags VALUES ('team', 'ml-platform', 1);
INSERT INTO public.experiment_tags VALUES ('mlflow.note.content', '# Iris
Experiment **note**.', 1);
INSERT INTO public.experiment_tags VALUES ('cost centre', '42', 2);
INSERT INTO public.experiments VALUES (0, 'Default', '/srv/mlflow/2.9.2-pg/mlruns/0', 'active', 1795231557328, 1795231557328);
INSERT INTO public.experiments VALUES (1, 'iris-classification', '/srv/mlflow/2.9.2-pg/mlruns/1', 'active', 1795231557329, 1795231557329);
INSERT INTO public.experiments VALUES (2, 'Fraud détection/v2 (été)', 'file:///srv/mlflow/2.9.2-pg/artifacts-b', 'active', 1795231557333, 1795231557333);
INSERT INTO public.experiments VALUES (3, 'to-be-deleted', '/srv/mlflow/2.9.2-pg/mlruns/3', 'deleted', 1795231557334, 1795231557450);
INSERT INTO public.input_tags VALUES ('71cf605093a3438fa7bd4fa4606e15ec', 'mlflow.data.context', 'training');
INSERT INTO public.inputs VALUES ('71cf605093a3438fa7bd4fa4606e15ec', 'DATASET', '1a8a7794b17840c191dafb468a2a7558', 'RUN', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('rmse', 0.48, 1600000001040, 4, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('acc', 0.93, 1600000002000, 0, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('neg_step', 1.25, 1600000000001, -3, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('nan_metric', 0, 1600000000010, 0, true, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('inf_metric', 1.7976931348623157e+308, 1600000000010, 0, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('ninf_metric', -1.7976931348623157e+308, 1600000000010, 0, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('nan_then', 0.25, 1600000000020, 1, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('val/loss', 3.25e-05, 1600000000010, 7, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('big', 1.2345678901234568e+17, 1600000000010, 0, false, '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.latest_metrics VALUES ('rmse', 0.81, 1600000103000, 0, false, '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.latest_metrics VALUES ('acc', 0.18999999999999995, 1600000103000, 0, false, '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.latest_metrics VALUES ('rmse', 0.42, 1600000103000, 0, false, '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.latest_metrics VALUES ('acc', 0.5800000000000001, 1600000103000, 0, false, '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.latest_metrics VALUES ('loss', 1.5, 1600000200100, 0, false, '457c3a2057264d0da0429fd093f54eda');
INSERT INTO public.metrics VALUES ('rmse', 0.9, 1600000001000, '8b400e8a443f409f955e8a5fa1f63c11', 0, false);
INSERT INTO public.metrics VALUES ('rmse', 0.7, 1600000001010, '8b400e8a443f409f955e8a5fa1f63c11', 1, false);
INSERT INTO public.metrics VALUES ('rmse', 0.55, 1600000001020, '8b400e8a443f409f955e8a5fa1f63c11', 2, false);
INSERT INTO public.metrics VALUES ('rmse', 0.5, 1600000001030, '8b400e8a443f409f955e8a5fa1f63c11', 3, false);
INSERT INTO public.metrics VALUES ('rmse', 0.48, 1600000001040, '8b400e8a443f409f955e8a5fa1f63c11', 4, false);
INSERT INTO public.metrics VALUES ('rmse', 0.6, 1600000005000, '8b400e8a443f409f955e8a5fa1f63c11', 2, false);
INSERT INTO public.metrics VALUES ('rmse', 0.47, 1600000001040, '8b400e8a443f409f955e8a5fa1f63c11', 4, false);
INSERT INTO public.metrics VALUES ('acc', 0.93, 1600000002000, '8b400e8a443f409f955e8a5fa1f63c11', 0, false);
INSERT INTO public.metrics VALUES ('acc', 0.95, 1600000001500, '8b400e8a443f409f955e8a5fa1f63c11', 0, false);
INSERT INTO public.metrics VALUES ('neg_step', 1.25, 1600000000001, '8b400e8a443f409f955e8a5fa1f63c11', -3, false);
INSERT INTO public.metrics VALUES ('nan_metric', 0, 1600000000010, '8b400e8a443f409f955e8a5fa1f63c11', 0, true);
INSERT INTO public.metrics VALUES ('inf_metric', 1.7976931348623157e+308, 1600000000010, '8b400e8a443f409f955e8a5fa1f63c11', 0, false);
INSERT INTO public.metrics VALUES ('ninf_metric', -1.7976931348623157e+308, 1600000000010, '8b400e8a443f409f955e8a5fa1f63c11', 0, false);
INSERT INTO public.metrics VALUES ('nan_then', 0, 1600000000010, '8b400e8a443f409f955e8a5fa1f63c11', 0, true);
INSERT INTO public.metrics VALUES ('nan_then', 0.25, 1600000000020, '8b400e8a443f409f955e8a5fa1f63c11', 1, false);
INSERT INTO public.metrics VALUES ('val/loss', 3.25e-05, 1600000000010, '8b400e8a443f409f955e8a5fa1f63c11', 7, false);
INSERT INTO public.metrics VALUES ('big', 1.2345678901234568e+17, 1600000000010, '8b400e8a443f409f955e8a5fa1f63c11', 0, false);
INSERT INTO public.metrics VALUES ('rmse', 0.81, 1600000103000, '53a1b46b555946ec94900cb760c666b2', 0, false);
INSERT INTO public.metrics VALUES ('acc', 0.18999999999999995, 1600000103000, '53a1b46b555946ec94900cb760c666b2', 0, false);
INSERT INTO public.metrics VALUES ('rmse', 0.42, 1600000103000, '5a48a82e6d104ffb8df31a0fc613e188', 0, false);
INSERT INTO public.metrics VALUES ('acc', 0.5800000000000001, 1600000103000, '5a48a82e6d104ffb8df31a0fc613e188', 0, false);
INSERT INTO public.metrics VALUES ('loss', 1.5, 1600000200100, '457c3a2057264d0da0429fd093f54eda', 0, false);
INSERT INTO public.model_version_tags VALUES ('approved', 'true', 'iris-model', 2);
INSERT INTO public.model_version_tags VALUES ('mlflow.note', 'n/a ✓', 'iris-model', 3);
INSERT INTO public.model_versions VALUES ('iris-model', 1, 1795231557474, 1795231557498, 'first version', NULL, 'Archived', '/srv/mlflow/2.9.2-pg/mlruns/1/8b400e8a443f409f955e8a5fa1f63c11/artifacts/model', '8b400e8a443f409f955e8a5fa1f63c11', 'READY', NULL, NULL, '/srv/mlflow/2.9.2-pg/mlruns/1/8b400e8a443f409f955e8a5fa1f63c11/artifacts/model');
INSERT INTO public.model_versions VALUES ('iris-model', 2, 1795231557480, 1795231557498, 'retrained', NULL, 'Production', '/srv/mlflow/2.9.2-pg/mlruns/1/53a1b46b555946ec94900cb760c666b2/artifacts/model', '53a1b46b555946ec94900cb760c666b2', 'READY', NULL, NULL, '/srv/mlflow/2.9.2-pg/mlruns/1/53a1b46b555946ec94900cb760c666b2/artifacts/model');
INSERT INTO public.model_versions VALUES ('iris-model', 3, 1795231557485, 1795231557501, NULL, NULL, 'Staging', '/srv/mlflow/2.9.2-pg/mlruns/1/8b400e8a443f409f955e8a5fa1f63c11/artifacts/model', '8b400e8a443f409f955e8a5fa1f63c11', 'READY', NULL, NULL, '/srv/mlflow/2.9.2-pg/mlruns/1/8b400e8a443f409f955e8a5fa1f63c11/artifacts/model');
INSERT INTO public.model_versions VALUES ('tmp model', 1, 1795231557517, 1795231557519, NULL, NULL, 'Deleted_Internal', 'REDACTED-SOURCE-PATH', 'REDACTED-RUN-ID', 'READY', NULL, 'REDACTED-RUN-LINK', '/srv/mlflow/2.9.2-pg/mlruns/1/53a1b46b555946ec94900cb760c666b2/artifacts/model');
INSERT INTO public.model_versions VALUES ('tmp model', 2, 1795231557521, 1795231557521, NULL, NULL, 'None', 's3://bucket/some/model', NULL, 'READY', NULL, NULL, 's3://bucket/some/model');
INSERT INTO public.params VALUES ('alpha', '0.5', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.params VALUES ('l1_ratio', '0.1', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.params VALUES ('features/list', '[''sepal length'', "petal"]', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.params VALUES ('long', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.params VALUES ('empty', '', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.params VALUES ('alpha', '0.1', '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.params VALUES ('alpha', '0.9', '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.params VALUES ('alpha', '7', 'eba7cba142e04dd0b7b9e78299941ba3');
INSERT INTO public.registered_model_aliases VALUES ('champion', 2, 'iris-model');
INSERT INTO public.registered_model_aliases VALUES ('challenger', 3, 'iris-model');
INSERT INTO public.registered_model_tags VALUES ('domain', 'botany', 'iris-model');
INSERT INTO public.registered_models VALUES ('iris-model', 1795231557466, 1795231557501, 'Iris classifier **model**');
INSERT INTO public.registered_models VALUES ('tmp model', 1795231557513, 1795231557521, NULL);
INSERT INTO public.runs VALUES ('8b400e8a443f409f955e8a5fa1f63c11', 'baseline', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000001000, 1600000061000, '', 'active', '/srv/mlflow/2.9.2-pg/mlruns/1/8b400e8a443f409f955e8a5fa1f63c11/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('53a1b46b555946ec94900cb760c666b2', 'child-1', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000101000, 1600000110000, '', 'active', '/srv/mlflow/2.9.2-pg/mlruns/1/53a1b46b555946ec94900cb760c666b2/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('5a48a82e6d104ffb8df31a0fc613e188', 'child-2', 'UNKNOWN', '', '', 'alice', 'FAILED', 1600000102000, 1600000111000, '', 'active', '/srv/mlflow/2.9.2-pg/mlruns/1/5a48a82e6d104ffb8df31a0fc613e188/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('83ebae9dccd54e1499d88ce3ecac9f72', 'parent-sweep', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000100000, 1600000120000, '', 'active', '/srv/mlflow/2.9.2-pg/mlruns/1/83ebae9dccd54e1499d88ce3ecac9f72/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('457c3a2057264d0da0429fd093f54eda', 'likeable-rat-325', 'UNKNOWN', '', '', 'alice', 'RUNNING', 1600000200000, NULL, '', 'active', 'file:///srv/mlflow/2.9.2-pg/artifacts-b/457c3a2057264d0da0429fd093f54eda/artifacts', 2, NULL);
INSERT INTO public.runs VALUES ('eba7cba142e04dd0b7b9e78299941ba3', 'gone', 'UNKNOWN', '', '', 'alice', 'KILLED', 1600000300000, 1600000301000, '', 'deleted', 'file:///srv/mlflow/2.9.2-pg/artifacts-b/eba7cba142e04dd0b7b9e78299941ba3/artifacts', 2, 1795231557444);
INSERT INTO public.runs VALUES ('2fb2a6a4b693419aa7d6d7651288188f', 'in-deleted-exp', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000400000, 1600000401000, '', 'deleted', '/srv/mlflow/2.9.2-pg/mlruns/3/2fb2a6a4b693419aa7d6d7651288188f/artifacts', 3, 1795231557451);
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.tags VALUES ('mlflow.runName', 'baseline', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.tags VALUES ('mlflow.note.content', 'Baseline **run** note

with ünïcode ✓', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.tags VALUES ('release.candidate', 'v1', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.tags VALUES ('tag with space', 'it''s a "test" `x` %_', '8b400e8a443f409f955e8a5fa1f63c11');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '83ebae9dccd54e1499d88ce3ecac9f72');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '83ebae9dccd54e1499d88ce3ecac9f72');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '83ebae9dccd54e1499d88ce3ecac9f72');
INSERT INTO public.tags VALUES ('mlflow.runName', 'parent-sweep', '83ebae9dccd54e1499d88ce3ecac9f72');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.tags VALUES ('mlflow.runName', 'child-1', '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.tags VALUES ('mlflow.parentRunId', '83ebae9dccd54e1499d88ce3ecac9f72', '53a1b46b555946ec94900cb760c666b2');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.tags VALUES ('mlflow.runName', 'child-2', '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.tags VALUES ('mlflow.parentRunId', '83ebae9dccd54e1499d88ce3ecac9f72', '5a48a82e6d104ffb8df31a0fc613e188');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '457c3a2057264d0da0429fd093f54eda');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '457c3a2057264d0da0429fd093f54eda');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '457c3a2057264d0da0429fd093f54eda');
INSERT INTO public.tags VALUES ('mlflow.runName', 'likeable-rat-325', '457c3a2057264d0da0429fd093f54eda');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', 'eba7cba142e04dd0b7b9e78299941ba3');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', 'eba7cba142e04dd0b7b9e78299941ba3');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', 'eba7cba142e04dd0b7b9e78299941ba3');
INSERT INTO public.tags VALUES ('mlflow.runName', 'gone', 'eba7cba142e04dd0b7b9e78299941ba3');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '2fb2a6a4b693419aa7d6d7651288188f');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '2fb2a6a4b693419aa7d6d7651288188f');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '2fb2a6a4b693419aa7d6d7651288188f');
INSERT INTO public.tags VALUES ('mlflow.runName', 'in-deleted-exp', '2fb2a6a4b693419aa7d6d7651288188f');
SELECT pg_catalog.setval('public.experiments_experiment_id_seq', 3, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT dataset_pk PRIMARY KEY (experiment_id, name, digest);
ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT experiment_pk PRIMARY KEY (experiment_id);
ALTER TABLE ONLY public.experiment_tags
    ADD CONSTRAINT experiment_tag_pk PRIMARY KEY (key, experiment_id);
ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT experiments_name_key UNIQUE (name);
ALTER TABLE ONLY public.input_tags
    ADD CONSTRAINT input_tags_pk PRIMARY KEY (input_uuid, name);
ALTER TABLE ONLY public.inputs
    ADD CONSTRAINT inputs_pk PRIMARY KEY (source_type, source_id, destination_type, destination_id);
ALTER TABLE ONLY public.latest_metrics
    ADD CONSTRAINT latest_metric_pk PRIMARY KEY (key, run_uuid);
ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metric_pk PRIMARY KEY (key, "timestamp", step, run_uuid, value, is_nan);
ALTER TABLE ONLY public.model_versions
    ADD CONSTRAINT model_version_pk PRIMARY KEY (name, version);
ALTER TABLE ONLY public.model_version_tags
    ADD CONSTRAINT model_version_tag_pk PRIMARY KEY (key, name, version);
ALTER TABLE ONLY public.params
    ADD CONSTRAINT param_pk PRIMARY KEY (key, run_uuid);
ALTER TABLE ONLY public.registered_model_aliases
    ADD CONSTRAINT registered_model_alias_pk PRIMARY KEY (name, alias);
ALTER TABLE ONLY public.registered_models
    ADD CONSTRAINT registered_model_pk PRIMARY KEY (name);
ALTER TABLE ONLY public.registered_model_tags
    ADD CONSTRAINT registered_model_tag_pk PRIMARY KEY (key, name);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT run_pk PRIMARY KEY (run_uuid);
ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tag_pk PRIMARY KEY (key, run_uuid);
CREATE INDEX index_datasets_dataset_uuid ON public.datasets USING btree (dataset_uuid);
CREATE INDEX index_datasets_experiment_id_dataset_source_type ON public.datasets USING btree (experiment_id, dataset_source_type);
CREATE INDEX index_inputs_destination_type_destination_id_source_type ON public.inputs USING btree (destination_type, destination_id, source_type);
CREATE INDEX index_inputs_input_uuid ON public.inputs USING btree (input_uuid);
CREATE INDEX index_latest_metrics_run_uuid ON public.latest_metrics USING btree (run_uuid);
CREATE INDEX index_metrics_run_uuid ON public.metrics USING btree (run_uuid);
CREATE INDEX index_params_run_uuid ON public.params USING btree (run_uuid);
CREATE INDEX index_tags_run_uuid ON public.tags USING btree (run_uuid);
ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT datasets_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.experiment_tags
    ADD CONSTRAINT experiment_tags_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.latest_metrics
    ADD CONSTRAINT latest_metrics_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metrics_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
ALTER TABLE ONLY public.model_version_tags
    ADD CONSTRAINT model_version_tags_name_version_fkey FOREIGN KEY (name, version) REFERENCES public.model_versions(name, version) ON UPDATE CASCADE;
ALTER TABLE ONLY public.model_versions
    ADD CONSTRAINT model_versions_name_fkey FOREIGN KEY (name) REFERENCES public.registered_models(name) ON UPDATE CASCADE;
ALTER TABLE ONLY public.params
    ADD CONSTRAINT params_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
ALTER TABLE ONLY public.registered_model_aliases
    ADD CONSTRAINT registered_model_alias_name_fkey FOREIGN KEY (name) REFERENCES public.registered_models(name) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.registered_model_tags
    ADD CONSTRAINT registered_model_tags_name_fkey FOREIGN KEY (name) REFERENCES public.registered_models(name) ON UPDATE CASCADE;
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
