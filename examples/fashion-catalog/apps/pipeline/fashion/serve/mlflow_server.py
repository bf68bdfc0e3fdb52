"""Starts MLflow: its runs and models are rows of the connected database, artifacts objects of the connected bucket."""

import os
import sys
from urllib.parse import quote

env = os.environ
user, password = quote(env["DB_USER"], safe=""), quote(env["DB_PASSWORD"], safe="")
name = env["DB_DATABASE"]
# A host that is a path is the socket of Cloud SQL.
if env["DB_HOST"].startswith("/"):
    store = f"postgresql+psycopg2://{user}:{password}@/{name}?host={env['DB_HOST']}"
else:
    store = f"postgresql+psycopg2://{user}:{password}@{env['DB_HOST']}:{env['DB_PORT']}/{name}"
# By the environment, because arguments are shown to every process of the machine.
env["MLFLOW_BACKEND_STORE_URI"] = store
env["MLFLOW_ARTIFACTS_DESTINATION"] = f"{env['MLFLOW_URI']}/artifacts"
env["MLFLOW_SERVE_ARTIFACTS"] = "true"
env["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
listen = ["--host", env.get("HOST", "0.0.0.0"), "--port", env["PORT"], "--workers", env.get("WORKERS", "2")]
# It is the registry itself; the address of another one would make it a client of that.
for other in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN"):
    env.pop(other, None)
os.execv(sys.executable, [sys.executable, "-m", "mlflow", "server", *listen])
