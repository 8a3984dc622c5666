-- Version 3: what ends is found without reading what has not ended.

CREATE INDEX tokens_until ON tokens (until);
CREATE INDEX keys_until ON keys (until);
CREATE INDEX held_until ON held (until);
