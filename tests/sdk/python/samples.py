"""Runs examples for Python, each as a program of its own, one after the other in this process:  samples.py LIST.json, where
LIST is [{ name, file, endless }]; prints a line of JSON for each."""
import contextlib
import io
import json
import runpy
import sys
import traceback


class Heard(Exception):
    """A stream without end said something."""


class Ear(io.StringIO):
    endless = False

    def write(self, text):
        super().write(text)
        if self.endless:
            raise Heard


for sample in json.load(open(sys.argv[1])):
    out, ok = Ear(), True
    out.endless = sample["endless"]
    with contextlib.redirect_stdout(out):
        try:
            runpy.run_path(sample["file"], run_name="__main__")
        except Heard:
            pass
        except BaseException:
            ok = False
            out.endless = False
            out.write(traceback.format_exc()[-1500:])
    print(json.dumps({"name": sample["name"], "ok": ok, "out": out.getvalue()[-2000:]}), flush=True)
