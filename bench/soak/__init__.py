"""The service over a long time: killed hundreds of times, and then watched while it works on and on."""
