"""What tests sign in with."""

PASSWORD = "correct horse battery staple"
