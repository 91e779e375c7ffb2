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
    value text,
    experiment_id integer NOT NULL
);
CREATE TABLE public.experiments (
    experiment_id integer NOT NULL,
    name character varying(256) NOT NULL,
    artifact_location character varying(256),
    lifecycle_stage character varying(32),
    creation_time bigint,
    last_update_time bigint,
    workspace character varying(63) DEFAULT 'default'::character varying NOT NULL,
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
    destination_id character varying(36) NOT NULL,
    step bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.latest_metrics (
    key character varying(250) NOT NULL,
    value double precision NOT NULL,
    "timestamp" bigint,
    step bigint NOT NULL,
    is_nan boolean NOT NULL,
    run_uuid character varying(32) NOT NULL
);
CREATE TABLE public.logged_model_metrics (
    model_id character varying(36) NOT NULL,
    metric_name character varying(500) NOT NULL,
    metric_timestamp_ms bigint NOT NULL,
    metric_step bigint NOT NULL,
    metric_value double precision,
    experiment_id integer NOT NULL,
    run_id character varying(32) NOT NULL,
    dataset_uuid character varying(36),
    dataset_name character varying(500),
    dataset_digest character varying(36)
);
CREATE TABLE public.logged_model_params (
    model_id character varying(36) NOT NULL,
    experiment_id integer NOT NULL,
    param_key character varying(255) NOT NULL,
    param_value text NOT NULL
);
CREATE TABLE public.logged_model_tags (
    model_id character varying(36) NOT NULL,
    experiment_id integer NOT NULL,
    tag_key character varying(255) NOT NULL,
    tag_value text NOT NULL
);
CREATE TABLE public.logged_models (
    model_id character varying(36) NOT NULL,
    experiment_id integer NOT NULL,
    name character varying(500) NOT NULL,
    artifact_location character varying(1000) NOT NULL,
    creation_timestamp_ms bigint NOT NULL,
    last_updated_timestamp_ms bigint NOT NULL,
    status integer NOT NULL,
    lifecycle_stage character varying(32),
    model_type character varying(500),
    source_run_id character varying(32),
    status_message character varying(1000),
    CONSTRAINT logged_models_lifecycle_stage_check CHECK (((lifecycle_stage)::text = ANY (ARRAY[('active'::character varying)::text, ('deleted'::character varying)::text])))
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
    value text,
    name character varying(256) NOT NULL,
    version integer NOT NULL,
    workspace character varying(63) DEFAULT 'default'::character varying NOT NULL
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
    storage_location character varying(500),
    workspace character varying(63) DEFAULT 'default'::character varying NOT NULL
);
CREATE TABLE public.params (
    key character varying(250) NOT NULL,
    value character varying(8000) NOT NULL,
    run_uuid character varying(32) NOT NULL
);
CREATE TABLE public.registered_model_aliases (
    alias character varying(256) NOT NULL,
    version integer NOT NULL,
    name character varying(256) NOT NULL,
    workspace character varying(63) DEFAULT 'default'::character varying NOT NULL
);
CREATE TABLE public.registered_model_tags (
    key character varying(250) NOT NULL,
    value character varying(5000),
    name character varying(256) NOT NULL,
    workspace character varying(63) DEFAULT 'default'::character varying NOT NULL
);
CREATE TABLE public.registered_models (
    name character varying(256) NOT NULL,
    creation_time bigint,
    last_updated_time bigint,
    description character varying(5000),
    workspace character varying(63) DEFAULT 'default'::character varying NOT NULL
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
    value character varying(8000),
    run_uuid character varying(32) NOT NULL
);
CREATE TABLE public.workspaces (
    name character varying(63) NOT NULL,
    description text,
    default_artifact_root text,
    trace_archival_location text,
    trace_archival_retention character varying(32)
);
ALTER TABLE ONLY public.experiments ALTER COLUMN experiment_id SET DEFAULT nextval('public.experiments_experiment_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('dc11669786a5');
INSERT INTO public.datasets VALUES ('0391d08d109d4622b5fb26acebd3b203', 1, 'iris', 'abc12345', 'local', '{"uri": "/data/iris.csv"}', '{"mlflow_colspec": [{"type": "double", "name": "sepal", "required": true}]}', '{"num_rows": 150}');
INSERT INTO public.experiment_tags VALUES ('team', 'ml-platform', 1);
INSERT INTO public.experiment_tags VALUES ('mlflow.note.content', '# Iris
Experiment **note**.', 1);
INSERT INTO public.experiment_tags VALUES ('cost centre', '42', 2);
INSERT INTO public.experiments VALUES (0, 'Default', '/srv/mlflow/3.17.2-pg/mlruns/0', 'active', 1795231606407, 1795231606407, 'default');
INSERT INTO public.experiments VALUES (1, 'iris-classification', '/srv/mlflow/3.17.2-pg/mlruns/1', 'active', 1795231606409, 1795231606409, 'default');
INSERT INTO public.experiments VALUES (2, 'Fraud détection/v2 (été)', 'file:///srv/mlflow/3.17.2-pg/artifacts-b', 'active', 1795231606413, 1795231606413, 'default');
INSERT INTO public.experiments VALUES (3, 'to-be-deleted', '/srv/mlflow/3.17.2-pg/mlruns/3', 'deleted', 1795231606414, 1795231606606, 'default');
INSERT INTO public.input_tags VALUES ('ca438f38d3c648f992e08ff487f77383', 'mlflow.data.context', 'training');
INSERT INTO public.inputs VALUES ('ca438f38d3c648f992e08ff487f77383', 'DATASET', '0391d08d109d4622b5fb26acebd3b203', 'RUN', 'ec107460fca9409cbddaac4b4f67476c', 0);
INSERT INTO public.inputs VALUES ('6351ebfc57254e40b5d1b61be0df0eed', 'RUN_OUTPUT', 'ec107460fca9409cbddaac4b4f67476c', 'MODEL_OUTPUT', 'm-d97934bc56c349f7a8813d18f064903c', 3);
INSERT INTO public.latest_metrics VALUES ('rmse', 0.48, 1600000001040, 4, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('acc', 0.93, 1600000002000, 0, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('neg_step', 1.25, 1600000000001, -3, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('nan_metric', 0, 1600000000010, 0, true, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('inf_metric', 1.7976931348623157e+308, 1600000000010, 0, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('ninf_metric', -1.7976931348623157e+308, 1600000000010, 0, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('nan_then', 0.25, 1600000000020, 1, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('val/loss', 3.25e-05, 1600000000010, 7, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('big', 1.2345678901234568e+17, 1600000000010, 0, false, 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.latest_metrics VALUES ('rmse', 0.81, 1600000103000, 0, false, '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.latest_metrics VALUES ('acc', 0.18999999999999995, 1600000103000, 0, false, '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.latest_metrics VALUES ('rmse', 0.42, 1600000103000, 0, false, 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.latest_metrics VALUES ('acc', 0.5800000000000001, 1600000103000, 0, false, 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.latest_metrics VALUES ('loss', 1.5, 1600000200100, 0, false, '7a98ed8e3c8b4def8251645c8103400e');
INSERT INTO public.logged_model_params VALUES ('m-d97934bc56c349f7a8813d18f064903c', 1, 'depth', '3');
INSERT INTO public.logged_model_tags VALUES ('m-d97934bc56c349f7a8813d18f064903c', 1, 'lt', '1');
INSERT INTO public.logged_models VALUES ('m-d97934bc56c349f7a8813d18f064903c', 1, 'lm-iris', '/srv/mlflow/3.17.2-pg/mlruns/1/models/m-d97934bc56c349f7a8813d18f064903c/artifacts', 1795231606777, 1795231606789, 2, 'active', 'sk', 'ec107460fca9409cbddaac4b4f67476c', NULL);
INSERT INTO public.metrics VALUES ('rmse', 0.9, 1600000001000, 'ec107460fca9409cbddaac4b4f67476c', 0, false);
INSERT INTO public.metrics VALUES ('rmse', 0.7, 1600000001010, 'ec107460fca9409cbddaac4b4f67476c', 1, false);
INSERT INTO public.metrics VALUES ('rmse', 0.55, 1600000001020, 'ec107460fca9409cbddaac4b4f67476c', 2, false);
INSERT INTO public.metrics VALUES ('rmse', 0.5, 1600000001030, 'ec107460fca9409cbddaac4b4f67476c', 3, false);
INSERT INTO public.metrics VALUES ('rmse', 0.48, 1600000001040, 'ec107460fca9409cbddaac4b4f67476c', 4, false);
INSERT INTO public.metrics VALUES ('rmse', 0.6, 1600000005000, 'ec107460fca9409cbddaac4b4f67476c', 2, false);
INSERT INTO public.metrics VALUES ('rmse', 0.47, 1600000001040, 'ec107460fca9409cbddaac4b4f67476c', 4, false);
INSERT INTO public.metrics VALUES ('acc', 0.93, 1600000002000, 'ec107460fca9409cbddaac4b4f67476c', 0, false);
INSERT INTO public.metrics VALUES ('acc', 0.95, 1600000001500, 'ec107460fca9409cbddaac4b4f67476c', 0, false);
INSERT INTO public.metrics VALUES ('neg_step', 1.25, 1600000000001, 'ec107460fca9409cbddaac4b4f67476c', -3, false);
INSERT INTO public.metrics VALUES ('nan_metric', 0, 1600000000010, 'ec107460fca9409cbddaac4b4f67476c', 0, true);
INSERT INTO public.metrics VALUES ('inf_metric', 1.7976931348623157e+308, 1600000000010, 'ec107460fca9409cbddaac4b4f67476c', 0, false);
INSERT INTO public.metrics VALUES ('ninf_metric', -1.7976931348623157e+308, 1600000000010, 'ec107460fca9409cbddaac4b4f67476c', 0, false);
INSERT INTO public.metrics VALUES ('nan_then', 0, 1600000000010, 'ec107460fca9409cbddaac4b4f67476c', 0, true);
INSERT INTO public.metrics VALUES ('nan_then', 0.25, 1600000000020, 'ec107460fca9409cbddaac4b4f67476c', 1, false);
INSERT INTO public.metrics VALUES ('val/loss', 3.25e-05, 1600000000010, 'ec107460fca9409cbddaac4b4f67476c', 7, false);
INSERT INTO public.metrics VALUES ('big', 1.2345678901234568e+17, 1600000000010, 'ec107460fca9409cbddaac4b4f67476c', 0, false);
INSERT INTO public.metrics VALUES ('rmse', 0.81, 1600000103000, '38f8ee321a8b4ca2b8adc15935ec4157', 0, false);
INSERT INTO public.metrics VALUES ('acc', 0.18999999999999995, 1600000103000, '38f8ee321a8b4ca2b8adc15935ec4157', 0, false);
INSERT INTO public.metrics VALUES ('rmse', 0.42, 1600000103000, 'b4a3fdf43daf42588fe261d494ea1011', 0, false);
INSERT INTO public.metrics VALUES ('acc', 0.5800000000000001, 1600000103000, 'b4a3fdf43daf42588fe261d494ea1011', 0, false);
INSERT INTO public.metrics VALUES ('loss', 1.5, 1600000200100, '7a98ed8e3c8b4def8251645c8103400e', 0, false);
INSERT INTO public.model_version_tags VALUES ('approved', 'true', 'iris-model', 2, 'default');
INSERT INTO public.model_version_tags VALUES ('mlflow.note', 'n/a ✓', 'iris-model', 3, 'default');
INSERT INTO public.model_versions VALUES ('iris-model', 1, 1795231606652, 1795231606714, 'first version', NULL, 'Archived', '/srv/mlflow/3.17.2-pg/mlruns/1/ec107460fca9409cbddaac4b4f67476c/artifacts/model', 'ec107460fca9409cbddaac4b4f67476c', 'READY', NULL, NULL, '/srv/mlflow/3.17.2-pg/mlruns/1/ec107460fca9409cbddaac4b4f67476c/artifacts/model', 'default');
INSERT INTO public.model_versions VALUES ('iris-model', 2, 1795231606664, 1795231606714, 'retrained', NULL, 'Production', '/srv/mlflow/3.17.2-pg/mlruns/1/38f8ee321a8b4ca2b8adc15935ec4157/artifacts/model', '38f8ee321a8b4ca2b8adc15935ec4157', 'READY', NULL, NULL, '/srv/mlflow/3.17.2-pg/mlruns/1/38f8ee321a8b4ca2b8adc15935ec4157/artifacts/model', 'default');
INSERT INTO public.model_versions VALUES ('iris-model', 3, 1795231606672, 1795231606723, NULL, NULL, 'Staging', '/srv/mlflow/3.17.2-pg/mlruns/1/ec107460fca9409cbddaac4b4f67476c/artifacts/model', 'ec107460fca9409cbddaac4b4f67476c', 'READY', NULL, NULL, '/srv/mlflow/3.17.2-pg/mlruns/1/ec107460fca9409cbddaac4b4f67476c/artifacts/model', 'default');
INSERT INTO public.model_versions VALUES ('tmp model', 1, 1795231606763, 1795231606769, NULL, NULL, 'Deleted_Internal', 'REDACTED-SOURCE-PATH', 'REDACTED-RUN-ID', 'READY', NULL, 'REDACTED-RUN-LINK', '/srv/mlflow/3.17.2-pg/mlruns/1/38f8ee321a8b4ca2b8adc15935ec4157/artifacts/model', 'default');
INSERT INTO public.model_versions VALUES ('tmp model', 2, 1795231606772, 1795231606772, NULL, NULL, 'None', 's3://bucket/some/model', NULL, 'READY', NULL, NULL, 's3://bucket/some/model', 'default');
INSERT INTO public.model_versions VALUES ('iris-model', 4, 1795231606795, 1795231606795, NULL, NULL, 'None', 'models:/m-d97934bc56c349f7a8813d18f064903c', 'ec107460fca9409cbddaac4b4f67476c', 'READY', NULL, NULL, '/srv/mlflow/3.17.2-pg/mlruns/1/models/m-d97934bc56c349f7a8813d18f064903c/artifacts', 'default');
INSERT INTO public.params VALUES ('alpha', '0.5', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.params VALUES ('l1_ratio', '0.1', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.params VALUES ('features/list', '[''sepal length'', "petal"]', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.params VALUES ('long', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.params VALUES ('empty', '', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.params VALUES ('alpha', '0.1', '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.params VALUES ('alpha', '0.9', 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.params VALUES ('alpha', '7', '2f4dbc9799aa406f875ae15c5656ceb4');
INSERT INTO public.registered_model_aliases VALUES ('champion', 2, 'iris-model', 'default');
INSERT INTO public.registered_model_aliases VALUES ('challenger', 3, 'iris-model', 'default');
INSERT INTO public.registered_model_tags VALUES ('domain', 'botany', 'iris-model', 'default');
INSERT INTO public.registered_models VALUES ('tmp model', 1795231606758, 1795231606772, NULL, 'default');
INSERT INTO public.registered_models VALUES ('iris-model', 1795231606641, 1795231606795, 'Iris classifier **model**', 'default');
INSERT INTO public.runs VALUES ('ec107460fca9409cbddaac4b4f67476c', 'baseline', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000001000, 1600000061000, '', 'active', '/srv/mlflow/3.17.2-pg/mlruns/1/ec107460fca9409cbddaac4b4f67476c/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('38f8ee321a8b4ca2b8adc15935ec4157', 'child-1', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000101000, 1600000110000, '', 'active', '/srv/mlflow/3.17.2-pg/mlruns/1/38f8ee321a8b4ca2b8adc15935ec4157/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('b4a3fdf43daf42588fe261d494ea1011', 'child-2', 'UNKNOWN', '', '', 'alice', 'FAILED', 1600000102000, 1600000111000, '', 'active', '/srv/mlflow/3.17.2-pg/mlruns/1/b4a3fdf43daf42588fe261d494ea1011/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('c0d833bc21634728b9991da86f38ee80', 'parent-sweep', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000100000, 1600000120000, '', 'active', '/srv/mlflow/3.17.2-pg/mlruns/1/c0d833bc21634728b9991da86f38ee80/artifacts', 1, NULL);
INSERT INTO public.runs VALUES ('7a98ed8e3c8b4def8251645c8103400e', 'orderly-mink-109', 'UNKNOWN', '', '', 'alice', 'RUNNING', 1600000200000, NULL, '', 'active', 'file:///srv/mlflow/3.17.2-pg/artifacts-b/7a98ed8e3c8b4def8251645c8103400e/artifacts', 2, NULL);
INSERT INTO public.runs VALUES ('2f4dbc9799aa406f875ae15c5656ceb4', 'gone', 'UNKNOWN', '', '', 'alice', 'KILLED', 1600000300000, 1600000301000, '', 'deleted', 'file:///srv/mlflow/3.17.2-pg/artifacts-b/2f4dbc9799aa406f875ae15c5656ceb4/artifacts', 2, 1795231606593);
INSERT INTO public.runs VALUES ('629f2b43eb6e4cb68340f1816b4267b0', 'in-deleted-exp', 'UNKNOWN', '', '', 'alice', 'FINISHED', 1600000400000, 1600000401000, '', 'deleted', '/srv/mlflow/3.17.2-pg/mlruns/3/629f2b43eb6e4cb68340f1816b4267b0/artifacts', 3, 1795231606610);
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.tags VALUES ('mlflow.runName', 'baseline', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.tags VALUES ('mlflow.note.content', 'Baseline **run** note

with ünïcode ✓', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.tags VALUES ('release.candidate', 'v1', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.tags VALUES ('tag with space', 'it''s a "test" `x` %_', 'ec107460fca9409cbddaac4b4f67476c');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', 'c0d833bc21634728b9991da86f38ee80');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', 'c0d833bc21634728b9991da86f38ee80');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', 'c0d833bc21634728b9991da86f38ee80');
INSERT INTO public.tags VALUES ('mlflow.runName', 'parent-sweep', 'c0d833bc21634728b9991da86f38ee80');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.tags VALUES ('mlflow.runName', 'child-1', '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.tags VALUES ('mlflow.parentRunId', 'c0d833bc21634728b9991da86f38ee80', '38f8ee321a8b4ca2b8adc15935ec4157');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.tags VALUES ('mlflow.runName', 'child-2', 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.tags VALUES ('mlflow.parentRunId', 'c0d833bc21634728b9991da86f38ee80', 'b4a3fdf43daf42588fe261d494ea1011');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '7a98ed8e3c8b4def8251645c8103400e');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '7a98ed8e3c8b4def8251645c8103400e');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '7a98ed8e3c8b4def8251645c8103400e');
INSERT INTO public.tags VALUES ('mlflow.runName', 'orderly-mink-109', '7a98ed8e3c8b4def8251645c8103400e');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '2f4dbc9799aa406f875ae15c5656ceb4');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '2f4dbc9799aa406f875ae15c5656ceb4');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '2f4dbc9799aa406f875ae15c5656ceb4');
INSERT INTO public.tags VALUES ('mlflow.runName', 'gone', '2f4dbc9799aa406f875ae15c5656ceb4');
INSERT INTO public.tags VALUES ('mlflow.user', 'alice', '629f2b43eb6e4cb68340f1816b4267b0');
INSERT INTO public.tags VALUES ('mlflow.source.name', 'train.py', '629f2b43eb6e4cb68340f1816b4267b0');
INSERT INTO public.tags VALUES ('mlflow.source.type', 'LOCAL', '629f2b43eb6e4cb68340f1816b4267b0');
INSERT INTO public.tags VALUES ('mlflow.runName', 'in-deleted-exp', '629f2b43eb6e4cb68340f1816b4267b0');
INSERT INTO public.workspaces VALUES ('default', 'Default workspace for legacy resources', NULL, NULL, NULL);
SELECT pg_catalog.setval('public.experiments_experiment_id_seq', 3, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT dataset_pk PRIMARY KEY (experiment_id, name, digest);
ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT experiment_pk PRIMARY KEY (experiment_id);
ALTER TABLE ONLY public.experiment_tags
    ADD CONSTRAINT experiment_tag_pk PRIMARY KEY (key, experiment_id);
ALTER TABLE ONLY public.input_tags
    ADD CONSTRAINT input_tags_pk PRIMARY KEY (input_uuid, name);
ALTER TABLE ONLY public.inputs
    ADD CONSTRAINT inputs_pk PRIMARY KEY (source_type, source_id, destination_type, destination_id);
ALTER TABLE ONLY public.latest_metrics
    ADD CONSTRAINT latest_metric_pk PRIMARY KEY (key, run_uuid);
ALTER TABLE ONLY public.logged_model_metrics
    ADD CONSTRAINT logged_model_metrics_pk PRIMARY KEY (model_id, metric_name, metric_timestamp_ms, metric_step, run_id);
ALTER TABLE ONLY public.logged_model_params
    ADD CONSTRAINT logged_model_params_pk PRIMARY KEY (model_id, param_key);
ALTER TABLE ONLY public.logged_model_tags
    ADD CONSTRAINT logged_model_tags_pk PRIMARY KEY (model_id, tag_key);
ALTER TABLE ONLY public.logged_models
    ADD CONSTRAINT logged_models_pk PRIMARY KEY (model_id);
ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metric_pk PRIMARY KEY (key, "timestamp", step, run_uuid, value, is_nan);
ALTER TABLE ONLY public.model_versions
    ADD CONSTRAINT model_version_pk PRIMARY KEY (workspace, name, version);
ALTER TABLE ONLY public.model_version_tags
    ADD CONSTRAINT model_version_tag_pk PRIMARY KEY (workspace, key, name, version);
ALTER TABLE ONLY public.params
    ADD CONSTRAINT param_pk PRIMARY KEY (key, run_uuid);
ALTER TABLE ONLY public.registered_model_aliases
    ADD CONSTRAINT registered_model_alias_pk PRIMARY KEY (workspace, name, alias);
ALTER TABLE ONLY public.registered_models
    ADD CONSTRAINT registered_model_pk PRIMARY KEY (workspace, name);
ALTER TABLE ONLY public.registered_model_tags
    ADD CONSTRAINT registered_model_tag_pk PRIMARY KEY (workspace, key, name);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT run_pk PRIMARY KEY (run_uuid);
ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tag_pk PRIMARY KEY (key, run_uuid);
ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT uq_experiments_workspace_name UNIQUE (workspace, name);
ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_pk PRIMARY KEY (name);
CREATE INDEX idx_experiments_workspace ON public.experiments USING btree (workspace);
CREATE INDEX idx_experiments_workspace_creation_time ON public.experiments USING btree (workspace, creation_time);
CREATE INDEX idx_model_version_tags_workspace_name_version ON public.model_version_tags USING btree (workspace, name, version);
CREATE INDEX idx_registered_model_tags_workspace_name ON public.registered_model_tags USING btree (workspace, name);
CREATE INDEX idx_registered_models_workspace ON public.registered_models USING btree (workspace);
CREATE INDEX index_datasets_dataset_uuid ON public.datasets USING btree (dataset_uuid);
CREATE INDEX index_datasets_experiment_id_dataset_source_type ON public.datasets USING btree (experiment_id, dataset_source_type);
CREATE INDEX index_inputs_destination_type_destination_id_source_type ON public.inputs USING btree (destination_type, destination_id, source_type);
CREATE INDEX index_inputs_input_uuid ON public.inputs USING btree (input_uuid);
CREATE INDEX index_latest_metrics_run_uuid ON public.latest_metrics USING btree (run_uuid);
CREATE INDEX index_logged_model_metrics_model_id ON public.logged_model_metrics USING btree (model_id);
CREATE INDEX index_metrics_run_uuid ON public.metrics USING btree (run_uuid);
CREATE INDEX index_metrics_run_uuid_key_step ON public.metrics USING btree (run_uuid, key, step);
CREATE INDEX index_params_run_uuid ON public.params USING btree (run_uuid);
CREATE INDEX index_tags_run_uuid ON public.tags USING btree (run_uuid);
ALTER TABLE ONLY public.experiment_tags
    ADD CONSTRAINT experiment_tags_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT fk_datasets_experiment_id_experiments FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.logged_model_metrics
    ADD CONSTRAINT fk_logged_model_metrics_experiment_id FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.logged_model_metrics
    ADD CONSTRAINT fk_logged_model_metrics_model_id FOREIGN KEY (model_id) REFERENCES public.logged_models(model_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.logged_model_metrics
    ADD CONSTRAINT fk_logged_model_metrics_run_id FOREIGN KEY (run_id) REFERENCES public.runs(run_uuid) ON DELETE CASCADE;
ALTER TABLE ONLY public.logged_model_params
    ADD CONSTRAINT fk_logged_model_params_experiment_id FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.logged_model_params
    ADD CONSTRAINT fk_logged_model_params_model_id FOREIGN KEY (model_id) REFERENCES public.logged_models(model_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.logged_model_tags
    ADD CONSTRAINT fk_logged_model_tags_experiment_id FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.logged_model_tags
    ADD CONSTRAINT fk_logged_model_tags_model_id FOREIGN KEY (model_id) REFERENCES public.logged_models(model_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.logged_models
    ADD CONSTRAINT fk_logged_models_experiment_id FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.model_version_tags
    ADD CONSTRAINT fk_model_version_tags_model_versions FOREIGN KEY (workspace, name, version) REFERENCES public.model_versions(workspace, name, version) ON UPDATE CASCADE;
ALTER TABLE ONLY public.model_versions
    ADD CONSTRAINT fk_model_versions_registered_models FOREIGN KEY (workspace, name) REFERENCES public.registered_models(workspace, name) ON UPDATE CASCADE;
ALTER TABLE ONLY public.registered_model_aliases
    ADD CONSTRAINT fk_registered_model_aliases_registered_models FOREIGN KEY (workspace, name) REFERENCES public.registered_models(workspace, name) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.registered_model_tags
    ADD CONSTRAINT fk_registered_model_tags_registered_models FOREIGN KEY (workspace, name) REFERENCES public.registered_models(workspace, name) ON UPDATE CASCADE;
ALTER TABLE ONLY public.latest_metrics
    ADD CONSTRAINT latest_metrics_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metrics_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
ALTER TABLE ONLY public.params
    ADD CONSTRAINT params_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES public.experiments(experiment_id);
ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_run_uuid_fkey FOREIGN KEY (run_uuid) REFERENCES public.runs(run_uuid);
