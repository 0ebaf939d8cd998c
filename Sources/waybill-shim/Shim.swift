import CLinux
import Glibc

/// One replica's keeper.
///
/// `waybill-shim keep FOLDER` starts the program that `FOLDER/spec` describes and stays with it to its end;
/// `waybill-shim sweep FOLDER` ends what a keeper that was killed has left behind; `waybill-shim try WAY` tells
/// whether a sandbox can be made. `docs/local-target.md` has the files
/// and descriptors that pass between keeper and controller.
@main
enum Shim {
    static func main() {
        waybill_ignore_broken_pipes()
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else { usage() }
        switch arguments[1] {
        case "keep": keep(arguments[2])
        case "sweep": exit(Sweep.run(arguments[2]))
        case "try": exit(SandboxTrial.run(arguments[2]))
        default: usage()
        }
    }

    private static func usage() -> Never {
        write("usage: waybill-shim keep FOLDER | sweep FOLDER | try user:UID|namespace (started by waybill)\n", to: 2)
        exit(64)
    }

    /// Leaves the controller's session and process tree, then keeps the replica to its end.
    private static func keep(_ folder: String) {
        _ = close_range(UInt32(Channel.lock.rawValue) + 1, UInt32.max, 0)
        let child = fork()
        guard child == 0 else { exit(child < 0 ? 71 : 0) }
        _ = setsid()
        _ = chdir("/")
        _ = umask(0o077)
        _ = waybill_prctl(PR_SET_CHILD_SUBREAPER, 1)
        exit(KeeperStart(folder: folder).run())
    }
}

/// Descriptors that the controller gives a keeper.
enum Channel: Int32 {
    /// Secret variables, to its end.
    case secrets = 0
    /// One line: `started` or `refused`.
    case answer = 1
    /// The replica's lock, held from before the keeper was there.
    case lock = 3
}
