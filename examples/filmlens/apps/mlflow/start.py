"""Starts MLflow: its runs and models are rows of the connected database, artifacts objects of the connected bucket."""

import os
from urllib.parse import quote

env = os.environ
user, password = quote(env["DB_USER"], safe=""), quote(env["DB_PASSWORD"], safe="")
name = "mlflow"
# A host that is a path is the socket of Cloud SQL.
if env["DB_HOST"].startswith("/"):
    store = f"postgresql://{user}:{password}@/{name}?host={env['DB_HOST']}"
else:
    store = f"postgresql://{user}:{password}@{env['DB_HOST']}:{env['DB_PORT']}/{name}"
# By the environment, because arguments are shown to every process of the machine.
env["MLFLOW_BACKEND_STORE_URI"] = store
env["MLFLOW_ARTIFACTS_DESTINATION"] = f"{env['MODELS_URI']}/mlflow"
env["MLFLOW_SERVE_ARTIFACTS"] = "true"
env["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
os.execvp("mlflow", ["mlflow", "server", "--host", env.get("HOST", "0.0.0.0"), "--port", env["PORT"]])
