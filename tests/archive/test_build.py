from __future__ import annotations
import shutil, subprocess
from pathlib import Path
from archive.domain import shipping

def test_first(house, place):
    import time
    t=time.time()
    made = house.build()
    print("built in", time.time()-t, made.layout.size, len(made.layout.items))
    root = shipping.lay_out(made.layout, Path("/tmp/arch-out") if not shutil.rmtree("/tmp/arch-out", ignore_errors=True) else None)
    print(root, made.digest)
    print(subprocess.run(["python3","-I","-S","verify/verify.py","--expect",made.digest],cwd=root,capture_output=True,text=True).stdout)
