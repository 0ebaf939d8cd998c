"""Downloads with the real huggingface_hub and prints what it got: hf_fetch.py REPO REVISION [TYPE], the endpoint from HF_ENDPOINT."""
import hashlib, os, sys
from huggingface_hub import HfApi, hf_hub_download

repo, revision, kind = sys.argv[1], sys.argv[2], (sys.argv[3:] or ["model"])[0]
info = HfApi().repo_info(repo, revision=revision, repo_type=kind)
print(info.sha)
for name in sorted(sibling.rfilename for sibling in info.siblings):
    path = hf_hub_download(repo, name, revision=revision, repo_type=kind)
    print(name, hashlib.sha256(open(path, "rb").read()).hexdigest(), os.path.basename(os.path.realpath(path)))
