// htmx would write a <style> for its indicators into the page; ours are in files, and the policy allows nothing else.
"use strict";
if (window.htmx) window.htmx.config.includeIndicatorStyles = false;
