"""HTTP requests in, statuses out: the two targets of functions-framework.

Used from outside: wsgi.app, by gunicorn with the settings of functions.gunicorn. Only this
folder imports Flask.
"""
