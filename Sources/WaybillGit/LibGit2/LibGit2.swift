import CLibgit2
import WaybillCore

/// The C library, started once for the process and told to heed nothing but what Waybill gives it.
///
/// Every type that calls libgit2 goes through `start` first: a call before `git_libgit2_init` crashes.
enum LibGit2 {
    /// Starts the library. Safe to repeat.
    static func start() throws(Failure) {
        guard outcome >= 0 else {
            throw Failure(
                .stall, reason: "GitUnavailable",
                message: "libgit2 does not start (code \(outcome)); reinstall the package libgit2-1.5")
        }
    }

    private static let outcome: Int32 = {
        let started = git_libgit2_init()
        guard started >= 0 else { return started }
        // Waybill reads and never runs hooks, filters or programs that a repository's settings name, so another owner
        // is no danger; and a user's or machine's git settings must not redirect what the fleet's configuration says.
        var code = waybill_git_set_owner_validation(0)
        for level in [
            GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA,
        ] {
            if code >= 0 { code = waybill_git_set_config_folder(level.rawValue, "/nonexistent") }
        }
        return code
    }()
}

/// What libgit2 said of its last failure on this thread. Read in the frame that saw the code, before any other call.
struct LibGit2Error: Error {
    let code: Int32
    let category: Int32
    let message: String

    init(code: Int32) {
        self.code = code
        guard let last = git_error_last(), let text = last.pointee.message else {
            category = Int32(GIT_ERROR_NONE.rawValue)
            message = "error \(code)"
            return
        }
        category = last.pointee.klass
        message = Self.shown(String(cString: text))
    }

    /// One line without control characters: libgit2 repeats what a server said.
    private static func shown(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first ?? ""
        let scalars = line.unicodeScalars.filter { $0.properties.generalCategory != .control }
        return String(String(String.UnicodeScalarView(scalars)).prefix(300))
    }

    func isOf(_ kind: git_error_t) -> Bool { category == Int32(kind.rawValue) }
    func isCode(_ kind: git_error_code) -> Bool { code == kind.rawValue }
}

/// Turns a negative return code into the error that libgit2 left on this thread.
@discardableResult
func check(_ code: Int32) throws(LibGit2Error) -> Int32 {
    guard code >= 0 else { throw LibGit2Error(code: code) }
    return code
}
