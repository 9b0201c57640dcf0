"""Reading photos without any service: a child process with the models, started when there is a photo to read."""
