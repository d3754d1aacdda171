// Draws the screen of the simulated Bitrix24 from its live state.
"use strict";

Calls.listen((state) => Calls.contacts(state.contacts));
