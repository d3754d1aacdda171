"""Our copies of outside objects; people among them can be changed, merged and taken apart."""
