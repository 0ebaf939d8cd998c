package import WaybillCore

extension EventType {
    /// Whether events of the type change what is done after a restart: `Facts`, or the memory of commits, is made of them.
    package var decides: Bool {
        switch self {
        case .operatorCommand, .commitAccepted, .approvalSeen, .changeAdmitted, .rulesAdopted, .versionsFixed,
            .holdPlaced, .holdReleased, .planDecided, .replicaStarted,
            .replicaFailed, .replicaExited, .replicaAdopted, .replicaStopped, .replicaForgotten, .routesChanged,
            .driftFound,
            .driftCorrected, .intentReconciled, .versionValidated, .revisionAdmitted, .rolloutMoved, .recordsSealed:
            true
        case .controllerStarted, .controllerStopped, .statementKeyMade, .controllerUpgraded, .commitObserved,
            .commitRejected,
            .commitRewound, .resourceInvalid, .environmentBuilt, .sourcesResolved, .packagingProgressed,
            .artifactVerified, .artifactInspected, .bundleBuilt, .bundleSigned, .bundleAttested, .bundlePulled,
            .contentVerified,
            .signatureVerified,
            .contentQuarantined, .contentCollected, .revisionPrepared, .cacheCollected, .gatewayStarted, .storeRebuilt,
            .factsSnapshot, .recordsErased:
            false
        }
    }
}
