"""The webhooks of the emulated Partner Center: the registration, the events, and how they are sent."""
