"""Looking in live: a local page on which one clicks through a network.

    photos.py       the photos of the clone, and those dropped: measured before they are read
    question.py     what is asked for: as an objective, as a command, as Python
    turns.py        work of several tabs, a step of each in turn
    guard.py        who may ask: this machine, this page, or who has the token
    server.py       the page's files, and one WebSocket for each tab
    desk.py         what all work shares
    look.py, ask.py, fool.py, paint.py, quiz.py     the views: a request in, pictures out
    page/           the page itself: index.html, and a module of JavaScript for each view

Every view parses the options of a demo and calls what the demo calls, so that the command below a
picture makes this picture.  No gradient is computed here.

Reading order: as above.
"""
