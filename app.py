"""The portal as one ASGI application: entrance, routes and middleware around the screens.

Streamlit finds this app by reading the source for the literal assignment below; anything else
would silently run without the middleware. tests/test_entrance.py proves that it is in force.
"""

import streamlit as st

from portal.ui import entrance, evidence_route
from portal.ui.frame import report_error
from portal.ui.middleware import MIDDLEWARE, lifespan

app = st.App(
    "portal/ui/frame.py",
    routes=[*entrance.ROUTES, *evidence_route.ROUTES],
    middleware=MIDDLEWARE,
    lifespan=lifespan,
    on_script_error=report_error,
)

if __name__ == "__main__":
    app.run()
