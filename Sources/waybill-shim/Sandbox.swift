import CLinux
import Glibc

/// Sets the calling process, a child that is about to become the program, apart from what it must not see.
///
/// By another user where the keeper is root, with a mount namespace if the machine allows one; by a user and mount
/// namespace otherwise. In a mount namespace each hidden folder is covered by an empty one, in which only what is
/// exposed appears again, read-only unless it is the work folder. Where covering is not possible, everything hidden
/// must be closed to the user, but for what replicas share (`StartSpec.shared`). Nothing weaker is ever accepted: every
/// failure is a refusal.
struct Sandbox {
    let spec: StartSpec

    /// Returns whether the process has mounts of its own now.
    @discardableResult
    func enter() throws(Refusal) -> Bool {
        var hasMounts = true
        switch spec.isolation {
        case .none: return false
        case .user(let uid):
            try closeNetwork()
            hasMounts = try coverAsRoot(uid)
            // Named while everything can be listed: a folder that cannot be listed may still be passed through.
            let uncovered = hasMounts ? [] : Uncovered.places(of: spec, for: uid)
            try become(uid)
            for place in uncovered { try place.refuseIfOpen() }
        case .namespace:
            try makeUserNamespace()
            try closeNetwork()
            try MountView(spec: spec).cover(spec.hidden)
        }
        guard waybill_prctl(PR_SET_NO_NEW_PRIVS, 1) == 0 else { throw unavailable("forbid new privileges") }
        try checkExposed(hasMounts)
        return hasMounts
    }

    /// A network of its own with nothing in it, not even loopback, for a program that is to have none.
    private func closeNetwork() throws(Refusal) {
        guard let question = spec.question, !question.hasNetwork else { return }
        guard unshare(CLONE_NEWNET) == 0 else {
            throw .system(
                "SandboxUnavailable",
                "no network namespace can be made here, and the program is to have no network; give the controller the right "
                    + "to make them (CAP_SYS_ADMIN), or ask for 'network: host'")
        }
    }

    /// False where this machine makes no mount namespace.
    private func coverAsRoot(_ uid: UInt32) throws(Refusal) -> Bool {
        guard unshare(CLONE_NEWNS) == 0, MountView.detach() else { return false }
        let closed = spec.exposed.compactMap { closedAncestor(of: $0.path, to: uid) }
        try MountView(spec: spec).cover(spec.hidden + closed)
        return true
    }

    /// The highest folder above `path` that `uid` cannot pass through.
    private func closedAncestor(of path: String, to uid: UInt32) -> String? {
        var ancestor = ""
        for part in path.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
            ancestor += "/" + String(decoding: Array(part), as: UTF8.self)
            guard let status = fileStatus(ancestor) else { return nil }
            if rights(of: uid, in: status) & 0o1 == 0 { return ancestor }
        }
        return nil
    }

    private func become(_ uid: UInt32) throws(Refusal) {
        guard setgroups(0, nil) == 0, setresgid(uid, uid, uid) == 0, setresuid(uid, uid, uid) == 0 else {
            throw unavailable("become user \(uid)")
        }
        guard setresuid(0, 0, 0) != 0 else {
            throw Refusal("SandboxUnavailable", "the replica could become root again; is a uid mapping in force?")
        }
    }

    private func makeUserNamespace() throws(Refusal) {
        let (uid, gid) = (geteuid(), getegid())
        guard unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 else { throw unavailable("make a user and mount namespace") }
        let maps = [("setgroups", "deny"), ("uid_map", "\(uid) \(uid) 1"), ("gid_map", "\(gid) \(gid) 1")]
        for (name, text) in maps {
            let descriptor = open("/proc/self/\(name)", O_WRONLY | O_CLOEXEC)
            defer { if descriptor >= 0 { close(descriptor) } }
            guard descriptor >= 0, writeAll(Array(text.utf8)[...], to: descriptor) else {
                throw unavailable("write \(name) of the user namespace")
            }
        }
        guard MountView.detach() else { throw unavailable("detach the mounts of the namespace") }
    }

    /// The program must be able to use what it is given; better a clear word now than its own later.
    private func checkExposed(_ hasMounts: Bool) throws(Refusal) {
        for item in spec.exposed where access(item.path, item.isWritable ? R_OK | W_OK : R_OK) != 0 {
            let error = errno
            if !hasMounts, case .user(let uid) = spec.isolation, let closed = closedAncestor(of: item.path, to: uid) {
                throw Refusal(
                    "SandboxUnavailable",
                    "no mount namespace can be made here, and without one the replica's user cannot pass \(closed), which is "
                        + "closed to others; give the controller the right to make them (CAP_SYS_ADMIN), or ask for "
                        + "'isolation: none' in the runtime")
            }
            throw Refusal(
                "SandboxUnreadable",
                "the replica's user cannot use \(item.path): \(errorText(error)); "
                    + "make it readable for others (chmod -R a+rX)")
        }
    }

    private func unavailable(_ what: String) -> Refusal {
        .system(
            "SandboxUnavailable",
            "this machine makes no sandbox (run the controller as root, allow user namespaces, or ask for "
                + "'isolation: none' in the runtime): \(what)")
    }
}
