import Foundation
import WaybillCore
import WaybillGateway

/// `waybill gateway`: the data plane as a process of its own.
struct GatewayRun {
    let configuration: WaybillConfiguration
    let takesOver: Bool

    func run() async throws {
        let folder = StateFolder(at: URL(fileURLWithPath: configuration.stateFolder))
        try folder.create()
        try await GatewayProcess.run(
            GatewayConfiguration(
                stateFolder: folder.gateway, host: configuration.gateway.host, port: configuration.gateway.port,
                insecure: configuration.isGatewayInsecure, build: Executables.build, takeOver: takesOver,
                accessLog: configuration.gatewayAccessLog))
    }
}
