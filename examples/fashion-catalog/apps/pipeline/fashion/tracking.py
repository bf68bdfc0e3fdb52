"""Runs in MLflow: what was trained of what, and how good it was. A run that cannot be recorded is no reason to train again."""

import os
from urllib.error import URLError
from urllib.request import urlopen

EXPERIMENT = "search-model"


def record(name: str, parameters: dict[str, object], metrics: dict[str, float]) -> str:
    """Writes a finished run, and returns a line that says where it is."""
    server = _server()
    if server is None:
        return "no MLflow server answers: the run is not recorded there"
    # Slow to import, and needed only here.
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException

    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    # Our own line says it.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    client = MlflowClient(tracking_uri=server)
    try:
        found = client.get_experiment_by_name(EXPERIMENT)
        experiment = client.create_experiment(EXPERIMENT) if found is None else found.experiment_id
        run = client.create_run(experiment, run_name=name)
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, value, run.info.start_time, 0) for key, value in metrics.items()],
            params=[Param(key, str(value)) for key, value in parameters.items()],
            tags=[RunTag("sluice.run", os.environ.get("SLUICE_RUN", ""))],
        )
        client.set_terminated(run.info.run_id)
    except MlflowException as error:
        return f"MLflow did not take the run: {error.message[:200]}"
    return f"MLflow run {run.info.run_id}"


def _server() -> str | None:
    """The system's own MLflow where it runs already, else the registry of models."""
    for variable in ("MLFLOW_SERVER_URL", "MLFLOW_TRACKING_URI"):
        url = os.environ.get(variable)
        if url and _answers(url):
            return url
    return None


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=5) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False
