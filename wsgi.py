"""The application for a WSGI server: gunicorn --worker-class gthread --threads 16 --log-level error wsgi:app"""

from survey_app import create_app

app = create_app()
