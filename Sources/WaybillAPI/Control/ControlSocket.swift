import Foundation
package import WaybillCore

/// Where the control socket of a state folder is.
package struct ControlSocket: Hashable, Sendable {
    package let stateFolder: String

    package init(stateFolder: String) { self.stateFolder = stateFolder }

    package var path: String { stateFolder + "/control.sock" }
    /// Where it is bound, closed to others as a folder, until its own mode keeps them out. Never longer than `path`.
    var draft: String { draftFolder + "/s" }
    var draftFolder: String { stateFolder + "/.control" }

    /// What NIO takes, on every system; `sun_path` of Linux would have 107 bytes and a zero.
    package static let longestPath = 103

    /// - Throws: `StateFolderTooLong` when the kernel could not bind a socket there.
    package func check() throws(Failure) {
        guard path.utf8.count <= Self.longestPath else {
            throw Failure(
                .stall, reason: "StateFolderTooLong",
                message: "\(path): a socket's path may have \(Self.longestPath) bytes and this one has "
                    + "\(path.utf8.count); choose a shorter state folder")
        }
    }
}
