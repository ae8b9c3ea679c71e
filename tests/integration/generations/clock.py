"""A sluisd whose day is the test's to choose: libfaketime, steered by a file, with the waiting of threads left real."""
import glob
import os
import time

DAY = 86_400


class Clock:
    def __init__(self, deployment):
        self.file = deployment.path("clock")
        self.offset = 0
        self._write()
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        assert library, "the package faketime is not installed"
        deployment.environment.update({"LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": self.file,
                                       "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                                       "DONT_FAKE_MONOTONIC": "1"})

    def _write(self):
        with open(self.file + ".new", "w", encoding="ascii") as out:
            out.write(f"+{self.offset}\n")
        os.replace(self.file + ".new", self.file)

    def forward(self, seconds):
        self.offset += seconds
        self._write()

    def now(self):
        return time.time() + self.offset
