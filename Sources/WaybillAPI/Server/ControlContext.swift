import Hummingbird
import NIOCore
import WaybillCore

/// A request on the control socket: it knows who asks.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The deployment of `:environment/:name` in the path.
    func key() throws -> DeploymentKey {
        let environment = try parameters.require("environment")
        let name = try parameters.require("name")
        return DeploymentKey(environment: try Name(parsing: environment), name: try Name(parsing: name))
    }
}
