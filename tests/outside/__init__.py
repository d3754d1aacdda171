"""Outside systems of the tests: real servers on loopback that several rooms speak to."""
