"""The application for a WSGI server: gunicorn --worker-class gthread --threads 8 --log-level error wsgi:app"""

from survey_app import create_app

app = create_app()
