import Glibc

/// Makes a sandbox of one kind and says whether that can be done here: `ok mounts`, `ok users`, or `refused` with the reason.
enum SandboxTrial {
    static func run(_ way: String) -> Int32 {
        let parts = way.split(separator: ":")
        let isolation: StartSpec.Isolation
        switch (parts.first, parts.count) {
        case ("namespace", 1): isolation = .namespace
        case ("user", 2):
            guard let uid = UInt32(parts[1]), uid > 0 else { return 64 }
            isolation = .user(uid: uid)
        default: return 64
        }
        do throws(Refusal) {
            let hasMounts = try Sandbox(spec: StartSpec(trying: isolation)).enter()
            write(hasMounts ? "ok mounts\n" : "ok users\n", to: 1)
            return 0
        } catch {
            write("refused \(error.message)\n", to: 1)
            return 1
        }
    }
}
