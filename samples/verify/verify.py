#!/usr/bin/env python3
"""Checks an evidence pack of Waybill on a machine that has nothing of Waybill.

    python3 verify.py PACK.zip --key VKEY [--since CHECKPOINT]

VKEY is a file with the ledger's public key as it was handed out, CHECKPOINT one that somebody else has kept. Exit code 0
when everything holds; 1, with the first thing that does not, otherwise. Python 3.9 and its standard library are enough.

Written from public texts alone: RFC 6962 and RFC 9162 (Merkle trees), RFC 8032 (Ed25519), C2SP signed-note,
tlog-checkpoint and tlog-proof, OpenSSH's PROTOCOL.sshsig, git's objects, and docs/ledger.md, docs/records.md and
docs/lineage.md of Waybill.
"""
import argparse, base64, binascii, hashlib, json, re, struct, sys, zipfile


class Wrong(Exception):
    """What does not hold, in words."""


def need(holds, words):
    if not holds:
        raise Wrong(words)


def sha256(data):
    return hashlib.sha256(data).digest()


def unbase64(text, words):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong(words) from None
    need(base64.b64encode(data).decode() == text, words)
    return data


# --- Ed25519 (RFC 8032, 5.1), slow and plain: a pack has a handful of signatures -----------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def decompress(data):
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = recover_x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r, s = decompress(public), decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


# --- Notes and checkpoints (C2SP signed-note, tlog-checkpoint) -----------------------------------------------------
class Key:
    def __init__(self, text):
        parts = text.strip().split("+", 2)
        need(len(parts) == 3, "the key is not NAME+ID+KEY")
        self.name, self.text = parts[0], text.strip()
        blob = unbase64(parts[2], "the key is not in base64")
        need(len(blob) == 33 and blob[0] == 1, "the key is not an Ed25519 key")
        self.public = blob[1:]
        self.id = sha256(self.name.encode() + b"\n" + blob)[:4]
        need(self.id.hex() == parts[1], "the key's id does not fit its name and key")


def checkpoint(note, key):
    """Origin, size and root of a checkpoint that `key` signed."""
    split = note.rfind(b"\n\n")
    need(split >= 0 and note.endswith(b"\n"), "not a signed note")
    text, signed = note[: split + 1], False
    for line in note[split + 2 : -1].decode("utf-8", "replace").split("\n"):
        fields = line.split(" ")
        need(len(fields) == 3 and fields[0] == "\u2014", "not a signed note")
        blob = unbase64(fields[2], "not a signed note")
        if fields[1] == key.name and blob[:4] == key.id:
            need(ed25519(key.public, text, blob[4:]), f"the signature by '{key.name}' does not fit the text")
            signed = True
    need(signed, "no signature is by a known key")
    lines = text.decode().split("\n")
    need(len(lines) >= 4 and lines[0] == key.name and lines[1].isdigit(), "not a checkpoint of the key's log")
    return int(lines[1]), unbase64(lines[2], "not a checkpoint")


# --- Merkle trees (RFC 6962, 2.1; checked as RFC 9162, 2.1.3.2 and 2.1.4.2 say) -------------------------------------
def leaf_hash(data):
    return sha256(b"\0" + data)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def check_inclusion(leaf, index, size, path, root):
    need(index < size, "the index or size lies outside the tree")
    position, last, found = index, size - 1, leaf
    for sibling in path:
        need(last, "the proof has the wrong number of hashes for its index and size")
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    need(not last, "the proof has the wrong number of hashes for its index and size")
    need(found == root, "the proof leads to another root")


def is_consistent(old, old_root, size, root, path):
    if old == size or old == 0:
        return not path and old_root == (root if old else sha256(b""))
    path = [old_root] + path if old & (old - 1) == 0 else list(path)
    if old > size or not path:
        return False
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    one = two = path.pop(0)
    for step in path:
        if not last:
            return False
        if position & 1 or position == last:
            one, two = node_hash(step, one), node_hash(step, two)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            two = node_hash(two, step)
        position, last = position >> 1, last >> 1
    return not last and one == old_root and two == root


# --- What people signed (PROTOCOL.sshsig) ----------------------------------------------------------------------------
def strings(data, count):
    found = []
    for _ in range(count):
        need(len(data) >= 4, "the signature is cut")
        length = struct.unpack(">I", data[:4])[0]
        need(len(data) >= 4 + length, "the signature is cut")
        found, data = found + [data[4 : 4 + length]], data[4 + length :]
    return found, data


def statement(data):
    """Fingerprint of the key, the text, and whether the signature could be checked here."""
    end = b"-----END SSH SIGNATURE-----\n"
    need(data.startswith(b"-----BEGIN SSH SIGNATURE-----\n") and end in data, "it is no signed statement")
    armor, text = data.split(end, 1)
    blob = base64.b64decode(b"".join(armor.split(b"\n")[1:]))
    need(blob[:6] == b"SSHSIG" and blob[6:10] == b"\0\0\0\1", "it is no signature of SSH")
    (public, namespace, _, name, signature), rest = strings(blob[10:], 5)
    need(not rest and name in (b"sha256", b"sha512"), "it is no signature of SSH")
    kind = text.split(b"\n")[1].split(b" ")[0]
    need(namespace == b"waybill.dev/" + kind, f"it was made for '{namespace.decode()}'")
    fingerprint = "SHA256:" + base64.b64encode(sha256(public)).decode().rstrip("=")
    (form, raw), _ = strings(public, 2)
    if form != b"ssh-ed25519":
        return fingerprint, text.decode(), False
    pack = lambda part: struct.pack(">I", len(part)) + part
    message = b"SSHSIG" + b"".join(map(pack, [namespace, b"", name, hashlib.new(name.decode(), text).digest()]))
    need(ed25519(raw, message, strings(signature, 2)[0][1]), "the signature does not fit")
    return fingerprint, text.decode(), True


# --- Records of predictions (docs/records.md, 3 and 4) ---------------------------------------------------------------
def record_members(core):
    """The members of a prediction's core, and what its attachments must be: digest and length of each payload."""
    place, kept = 0, []

    def take(form):
        nonlocal place
        size = struct.calcsize(form)
        need(place + size <= len(core), "record/core: it ends too early")
        place += size
        return struct.unpack(form, core[place - size : place])

    def text():
        (length,) = take(">H")
        return take(f">{length}s")[0].decode()

    def body(name):
        form, _, size = take(">BBQ")
        members[name + "Size"] = size
        digest = take(">32s")[0] if form else None
        if form:
            members[name + "Digest"] = digest.hex()
        if form == 3:
            size, digest = take(">I32s")
        if form:
            kept.append((digest, size if form > 1 else 0, form > 1))

    version, kind = take(">BB")
    need(version == 1 and kind == 1, "record/core: it is no prediction of version 1")
    identity = take(">16s")[0].hex()
    names = ["instance", "instances", "time", "duration", "status", "ending", "reason", "share", "generation"]
    members = dict(zip(names, take(">IIQQHBBBQ")))
    members["id"] = "-".join([identity[:8], identity[8:12], identity[12:16], identity[16:20], identity[20:]])
    endings, reasons = ["answered", "refused", "cancelled", "brokenOff"], ["notChosen", "all", "share", "header", "versionPath"]
    need(members["ending"] < 4 and members["reason"] < 5, "record/core: it is no prediction of version 1")
    members["ending"], members["reason"] = endings[members["ending"]], reasons[members["reason"]]
    for name in ["requestId", "environment", "deployment", "model", "version", "revision", "commit", "replica"]:
        members[name] = text()
    body("request")
    body("answer")
    need(place == len(core), "record/core: it goes on after its end")
    return members, kept


def check_attachments(data, kept):
    for digest, size, has_payload in kept:
        salt, payload, part = data[:16], data[20 : 20 + size], data[: 20 + size]
        need(len(part) == 20 + size, "it ends too early")
        if any(part):
            need(sha256(salt)[:4] == data[16:20], "a salt was altered")
            need(not has_payload or sha256(salt + payload) == digest, "a payload was altered: it has another digest")
        data = data[20 + size :]
    need(not data, "it goes on after its end")


# --- The pack ----------------------------------------------------------------------------------------------------------
NAME = re.compile(r"(README\.txt|lineage\.json|vkey|checkpoint|consistency|ledger/[0-9]+\.(tlog-proof|sealed)"
                  r"|git/[0-9a-f]{40}|statements/[A-Za-z0-9._-]+|record/(core|attachments|proof))")


def read_members(path):
    members, total = {}, 0
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = info.filename
                need(NAME.fullmatch(name) and ".." not in name, f"{name}: no pack has such a member")
                need(name not in members, f"'{name}' is there twice")
                need(info.compress_type == zipfile.ZIP_STORED and not info.flag_bits,
                     f"'{name}' is packed or encrypted; a pack stores its members as they are")
                total += info.file_size
                need(total <= 64 << 20 and len(members) < 4096, "it is larger than a pack may be")
                members[name] = archive.read(info)
    except (zipfile.BadZipFile, OSError, EOFError) as problem:
        raise Wrong(f"it cannot be read as a zip: {problem}") from None
    for name in ["checkpoint", "lineage.json", "vkey"]:
        need(name in members, f"{name}: it is missing")
    return members


class Pack:
    def __init__(self, members, key):
        self.members, self.key = members, key
        self.entries, self.digests, self.objects, self.statements, self.record = {}, {}, {}, {}, None
        self.unchecked = 0

    def at(self, place, check, *arguments):
        try:
            return check(*arguments)
        except Wrong as wrong:
            raise Wrong(f"{place}: {wrong}") from None

    def verify(self, since):
        self.size, self.root = self.at("checkpoint", checkpoint, self.members["checkpoint"], self.key)
        need(self.members["vkey"].decode() == self.key.text + "\n", "vkey: it is not the key that was given")
        if since is not None:
            self.compare(since)
        for name, data in self.members.items():
            if name.endswith(".tlog-proof"):
                self.at(name, self.take_entry, name, data)
            elif name.startswith("git/"):
                identity = hashlib.sha1(data).hexdigest()
                need(name == "git/" + identity, f"{name}: its bytes have another id, {identity}")
                self.objects[identity] = data
            elif name.startswith("statements/"):
                fingerprint, text, checked = self.at(name, statement, data)
                self.statements[name] = (fingerprint, text)
                self.unchecked += not checked
        for name, data in self.members.items():
            if name.endswith(".sealed"):
                self.at(name, self.take_body, name, data)
        if "record/core" in self.members:
            self.take_record()
        return self.take_links()

    def compare(self, note):
        size, root = self.at("the checkpoint that was given", checkpoint, note, self.key)
        path = []
        if size != self.size:
            lines = self.members.get("consistency", b"").decode().split("\n")[:-1]
            need(lines and lines[0] == str(size),
                 f"the pack has no way from the checkpoint that was given, {size} entries, to its own, "
                 f"{self.size} entries; have it made again with --since and that checkpoint")
            path = [unbase64(line, "consistency: not in its form") for line in lines[1:]]
        need(is_consistent(size, root, self.size, self.root, path),
             "the pack's log does not begin with that of the checkpoint that was given: it was rewritten")

    def take_entry(self, name, data):
        head, _, note = data.partition(b"\n\n")
        lines = head.decode().split("\n")
        need(lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) >= 3, "it does not begin with 'c2sp.org/tlog-proof@v1'")
        need(lines[1].startswith("extra "), "it does not hold its entry")
        entry = unbase64(lines[1][6:], "what follows 'extra' is not base64")
        need(re.fullmatch(r"index (0|[1-9][0-9]*)", lines[2]), "no line 'index NUMBER' follows the first")
        index = int(lines[2][6:])
        need(name == f"ledger/{index}.tlog-proof", f"it is of entry {index}")
        need(note == self.members["checkpoint"], "its checkpoint is not the pack's")
        path = [unbase64(line, "a line is not a hash in base64") for line in lines[3:]]
        self.at(f"entry {index}", check_inclusion, leaf_hash(entry), index, self.size, path, self.root)
        length = int.from_bytes(entry[1:3], "big")
        need(entry[:1] == b"\1" and len(entry) == 3 + length + 32, "its entry is not in the form of version 1")
        self.entries[index] = (json.loads(entry[3 : 3 + length]), None)
        self.digests[index] = entry[3 + length :]

    def take_body(self, name, sealed):
        index = int(name[7:-7])
        need(index in self.entries, "no entry with a proof is sealed in it")
        need(sha256(sealed) == self.digests[index], "it does not have the digest in its entry")
        self.entries[index] = (self.entries[index][0], json.loads(sealed[16:])["body"])

    def take_record(self):
        core, proof = self.members["record/core"], self.members.get("record/proof", b"").decode().split("\n")
        form = [r"waybill\.record-proof/1", r"segment .+", r"index [0-9]+", r"count [0-9]+"]
        need(len(proof) >= 5 and all(map(re.fullmatch, form, proof)), "record/proof: it is not in its form")
        segment, index, count = proof[1][8:], int(proof[2][6:]), int(proof[3][6:])
        roots = [body["root"] for header, body in self.entries.values()
                 if header["type"] == "records.sealed" and body and body.get("segment") == segment]
        need(roots, f"record/proof: no entry of the pack has the root of segment {segment}")
        path = [unbase64(line, "record/proof: it is not in its form") for line in proof[4:-1]]
        self.at(f"record/proof: record {index} of {segment}", check_inclusion, leaf_hash(core), index, count, path,
                bytes.fromhex(roots[0]))
        self.record, kept = record_members(core)
        if "record/attachments" in self.members:
            self.at("record/attachments", check_attachments, self.members["record/attachments"], kept)

    def blob(self, path, commit):
        need(self.objects.get(commit, b"").startswith(b"commit "), f"commit {commit} is not in the pack")
        identity = self.objects[commit].split(b"\0", 1)[1][5:45].decode()
        for part in path.split("/"):
            need(self.objects.get(identity, b"").startswith(b"tree "),
                 f"tree {identity} on the way to {path} is not in the pack")
            rest, found = self.objects[identity].split(b"\0", 1)[1], []
            while rest:
                head, _, rest = rest.partition(b"\0")
                if head.split(b" ", 1)[1] == part.encode():
                    found.append(rest[:20].hex())
                rest = rest[20:]
            need(len(found) == 1, f"tree {identity} has no one entry '{part}' on the way to {path}")
            identity = found[0]
        need(self.objects.get(identity, b"").startswith(b"blob "), f"blob {identity} of {path} is not in the pack")
        return self.objects[identity].split(b"\0", 1)[1]

    def said(self, proof):
        """The texts that a proof says, once it is found to say them."""
        says = proof.get("says")
        if "ledger" in proof:
            index = proof["ledger"]
            need(index in self.entries, f"entry {index} is not in the pack")
            header, body = self.entries[index]
            need(body is not None, f"the body of entry {index} is not in the pack")
            for name, value in says.items():
                found = body[name] if name in body else header.get(name)
                need(found == value or isinstance(found, list) and value in found,
                     f"entry {index} does not say {name} {compact(value)}")
            return texts(says)
        if proof.get("record") is True:
            need(self.record is not None, "the record is not in the pack")
            for name, value in says.items():
                need(self.record.get(name) == value, f"the record does not say {name} {compact(value)}")
            return texts(says)
        if "statement" in proof:
            name = proof["statement"]
            need(name in self.statements, f"{name} is not in the pack")
            fingerprint, text = self.statements[name]
            need(fingerprint == proof["key"], f"{name} is signed by {fingerprint}")
            self.require(says, text, name)
            return says + [fingerprint]
        commit = proof.get("commit")
        need(commit, "it names a proof of no known kind")
        need(any(body and commit in compact(body) for _, body in self.entries.values()),
             f"no entry of the pack names commit {commit}")
        if "path" not in proof:
            need(self.objects.get(commit, b"").startswith(b"commit "), f"commit {commit} is not in the pack")
            self.require(says, self.objects[commit].split(b"\0", 1)[1].decode("utf-8", "replace"), f"commit {commit}")
            return says
        blob = self.blob(proof["path"], commit)
        digest = "sha256:" + sha256(blob).hex()
        self.require([text for text in says if text != digest], blob.decode("utf-8", "replace"), proof["path"])
        return says

    def require(self, wanted, text, name):
        for words in wanted:
            need(words and words in text, f"{name} does not say '{words}'")

    def take_links(self):
        lineage = json.loads(self.members["lineage.json"])
        need(lineage.get("format") == "waybill.lineage/1", "lineage.json: it is missing, or not of the form waybill.lineage/1")
        need(isinstance(lineage.get("links"), list) and lineage["links"], "lineage.json: it has no links")
        self.deployment = lineage["deployment"]
        counts = {"proven": 0, "claimed": 0, "missing": 0}
        for link in lineage["links"]:
            place = "lineage.json: " + link["what"] + (f" '{link['name']}'" if "name" in link else "")
            need(link.get("standing") in counts, f"{place}: it is neither proven nor claimed nor missing")
            counts[link["standing"]] += 1
            if link["standing"] != "missing":
                self.at(place, self.take_link, link)
        return lineage, counts

    def take_link(self, link):
        value, proofs = link.get("value", ""), link.get("by", [])
        need(proofs or link["standing"] == "claimed", "it is called proven, and names nothing")
        having = []
        for proof in proofs:
            says = self.said(proof)
            having.append(any(value in text for text in says))
            # The revision ties the answer to the plan, and the plan to the deployment.
            if link["what"] == "revision":
                need(having[-1], f"not all that it names say '{value}'")
                need("ledger" not in proof or self.deployment in says,
                     f"the entry that it names is not of '{self.deployment}'")
        need(value and (any(having) or not proofs), f"nothing that it names says '{value}'")


def texts(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value if isinstance(value, str) else compact(value)]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def main():
    parser = argparse.ArgumentParser(description="Checks an evidence pack of Waybill.")
    parser.add_argument("pack")
    parser.add_argument("--key", required=True, help="file with the ledger's public key as it was handed out")
    parser.add_argument("--since", help="file with a checkpoint that somebody else has kept")
    options = parser.parse_args()
    try:
        with open(options.key, encoding="utf-8") as file:
            key = Key(file.read())
        since = None
        if options.since:
            with open(options.since, "rb") as file:
                since = file.read()
        pack = Pack(read_members(options.pack), key)
        lineage, counts = pack.verify(since)
    except (Wrong, OSError, ValueError, KeyError, TypeError, IndexError) as problem:
        words = str(problem) if isinstance(problem, Wrong) else f"not in its form: {problem!r}"
        print(f"error: {options.pack}: {words}", file=sys.stderr)
        return 1
    against = "consistent with the checkpoint that was given" if since else "no checkpoint was given to compare it with"
    print(f"all proofs of {lineage['title']} of {lineage['deployment']} hold; {against}")
    print("  " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    if pack.unchecked:
        print(f"  {pack.unchecked} signatures are by keys other than Ed25519: check them with 'ssh-keygen -Y verify'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
