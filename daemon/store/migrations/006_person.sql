-- What came with the person's side.

-- Passphrases: by which a terminal acts as a person, once -----------------------------------------------------------------

-- `hash` is scrypt of the passphrase with `salt` and the costs `n`, `r` and `p`. It counts while the device that set it is paired.
CREATE TABLE passphrases (
  person_id INTEGER PRIMARY KEY,
  device_id INTEGER NOT NULL,
  salt      BLOB NOT NULL,
  hash      BLOB NOT NULL,
  n         INTEGER NOT NULL,
  r         INTEGER NOT NULL,
  p         INTEGER NOT NULL,
  set_at    INTEGER NOT NULL
) STRICT;
ALTER TABLE actions ADD COLUMN how TEXT CHECK (how = 'device' OR how = 'passphrase');
