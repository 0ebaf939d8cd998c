import Foundation
import WaybillCore
import WaybillGateway

/// The route table that an earlier controller published.
enum GatewayTableFile {
    /// Nil when there is none that can be read; then the first publication starts anew.
    static func read(_ path: String) -> RouteTable? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? RouteTable(checking: Array(data))
    }
}
