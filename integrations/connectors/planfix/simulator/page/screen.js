// Draws the screen of the simulated Planfix from its live state.
"use strict";

Calls.listen((state) => Calls.contacts(state.contacts));
