"""The application for a WSGI server; `branch-survey serve` starts gunicorn as it should be, with log and limits.

gunicorn --worker-class survey_app.serving.worker.PatientWorker --threads 16 --log-level error wsgi:app
"""

from survey_app import create_app

app = create_app()
