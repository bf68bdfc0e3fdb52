"""What a training script does with MLflow's own client; every answer it does not expect ends it."""

import os
import sys
import tempfile

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

client = MlflowClient()
experiment = client.create_experiment("films", tags={"team": "ml"})
assert client.get_experiment_by_name("films").experiment_id == experiment
assert client.get_experiment_by_name("nothing") is None

mlflow.set_experiment("films")
with mlflow.start_run(run_name="first") as run:
    mlflow.log_params({"depth": 3, "rate": 0.1})
    mlflow.log_metrics({"f1": 0.91, "loss": 0.3}, step=1)
    mlflow.log_metric("f1", 0.93, step=2)
    mlflow.set_tag("stage", "train")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model ü.json")
        with open(path, "w") as file:
            file.write("{}")
        mlflow.log_artifact(path, "model")
run_id = run.info.run_id

seen = client.get_run(run_id)
assert seen.data.params == {"depth": "3", "rate": "0.1"}, seen.data.params
assert seen.data.metrics == {"f1": 0.93, "loss": 0.3}, seen.data.metrics
assert seen.info.status == "FINISHED", seen.info.status
assert [m.value for m in client.get_metric_history(run_id, "f1")] == [0.91, 0.93]
assert [f.path for f in client.list_artifacts(run_id)] == ["model"]
assert [f.path for f in client.list_artifacts(run_id, "model")] == ["model/model ü.json"]
with open(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="model/model ü.json")) as file:
    assert file.read() == "{}"

found = client.search_runs([experiment], "metrics.f1 > 0.92 and params.depth = '3'", order_by=["metrics.f1 DESC"])
assert [one.info.run_id for one in found] == [run_id]
assert client.search_runs([experiment], "metrics.f1 > 0.95") == []

client.create_registered_model("sentiment", tags={"a": "b"})
one = client.create_model_version("sentiment", "s3://models/1", tags={"sluice.digest": "sha256:" + "0" * 64})
two = client.create_model_version("sentiment", "s3://models/2")
assert (str(one.version), str(two.version)) == ("1", "2")
client.set_registered_model_alias("sentiment", "champion", "2")
assert str(client.get_model_version_by_alias("sentiment", "champion").version) == "2"
client.set_model_version_tag("sentiment", "1", "verdict", "promote")
assert client.get_model_version("sentiment", "1").tags["verdict"] == "promote"
assert client.get_model_version_download_uri("sentiment", "2") == "s3://models/2"
assert sorted(str(v.version) for v in client.search_model_versions("name='sentiment'")) == ["1", "2"]
assert [m.name for m in client.search_registered_models("name LIKE 'sent%'")] == ["sentiment"]
client.delete_registered_model_alias("sentiment", "champion")


def code(work):
    try:
        work()
    except MlflowException as error:
        return error.error_code
    return "no error"


print(code(lambda: client.get_model_version_by_alias("sentiment", "champion")))
print(code(lambda: client.get_model_version_by_alias("nothing", "champion")))
print(code(lambda: client.get_model_version("sentiment", "9")))
print(code(lambda: client.get_registered_model("nothing")))
print(code(lambda: client.create_registered_model("sentiment")))
print(code(lambda: client.create_registered_model("a/b")))
print(code(lambda: client.set_registered_model_alias("sentiment", "latest", "1")))
print(code(lambda: client.set_registered_model_alias("sentiment", "champion", "9")))
print(code(lambda: client.create_model_version("sentiment", "/etc/passwd")))
print(code(lambda: client.create_experiment("films")))
print(code(lambda: client.get_run("0" * 32)))
print(code(lambda: client.log_param(run_id, "depth", "4")))
print(code(lambda: client.search_runs([experiment], "metrics.f1 >> 1")))
sys.exit(0)
