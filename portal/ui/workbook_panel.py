"""Excel in and out of a scoring sheet."""


def draw(user, assessment):
    pass


def downloads(user, view):
    pass
