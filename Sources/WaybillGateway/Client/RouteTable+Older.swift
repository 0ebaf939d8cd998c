import WaybillCore

extension RouteTable {
    /// The table for a gateway that reads nothing newer than `format`: the same requests go to the same revisions, and
    /// what only stamps say is left out.
    ///
    /// - Parameter build: of that gateway, as it calls itself.
    /// - Throws: `Failure` (retry) when a route divides its traffic, or requires that predictions are recorded, which such a
    ///   gateway cannot do.
    func spoken(in format: Int, to build: String) throws(Failure) -> RouteTable {
        guard self.format > format else { return self }
        var older = self
        for index in older.routes.indices {
            if format < 3 {
                guard older.routes[index].recording.mode != .required else {
                    throw Failure(
                        .retry, reason: "GatewayTooOld",
                        message:
                            "the running gateway, of build \(build), cannot record the predictions of \(routes[index].key), "
                            + "which is 'required'; replace it: 'systemctl start waybill-gateway-next', or "
                            + "'waybill gateway --take-over'")
                }
                older.routes[index].recording = .off
            }
            if format >= 2 { continue }
            guard older.routes[index].isUndivided else {
                throw Failure(
                    .retry, reason: "GatewayTooOld",
                    message:
                        "the running gateway, of build \(build), cannot divide the traffic of \(routes[index].key) between "
                        + "revisions; replace it: 'systemctl start waybill-gateway-next', or 'waybill gateway --take-over'"
                )
            }
            older.routes[index].forgetFormat2()
        }
        return older
    }
}

extension RouteTable.Route {
    /// Whether every request goes to one pool, with or without shares.
    fileprivate var isUndivided: Bool {
        splits.isEmpty || splits.count == 1 && backends.allSatisfy { $0.revision == splits[0].revision }
    }

    fileprivate mutating func forgetFormat2() {
        (model, splits, chooser) = ("", [], nil)
        for index in backends.indices { backends[index].commit = "" }
    }
}
