-- How far each phone's clock lay behind the server's when it was last found to have moved, in milliseconds; negative: ahead.
CREATE TABLE device_clock (
    number  INTEGER PRIMARY KEY,                -- as in device
    skew_ms INTEGER NOT NULL,
    at      INTEGER NOT NULL                    -- when that was measured
);
