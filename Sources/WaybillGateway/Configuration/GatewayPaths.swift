/// Where a gateway's files are in its state folder.
package struct GatewayPaths: Sendable, Hashable {
    package let folder: String

    package init(stateFolder: String) { folder = stateFolder }

    /// The route table that the controller replaces.
    package var table: String { folder + "/routes.json" }
    /// Answers status, health and metrics (HTTP).
    package var status: String { folder + "/gateway.sock" }
    /// Hands the listener to a newer build.
    package var handOver: String { folder + "/gateway.handover" }
    /// Held by the process that serves; its text is the pid.
    package var lock: String { folder + "/gateway.lock" }

    /// The address of what was counted of the deployment whose name (`environment/deployment`) follows.
    static let countsOf = "/counts?deployment="

    /// The address of the status there, without the rotation whose mark follows.
    static let statusWithoutRotation = "/status?without-rotation="
}
