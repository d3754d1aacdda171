"""What the tests of isolation stand on: every company's belongings, every route, and who comes to take them."""
