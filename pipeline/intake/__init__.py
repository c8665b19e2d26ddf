"""The door: takes pieces in, says yes once they are safe, and sees every one of them through to its decision."""
