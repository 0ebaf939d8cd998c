extension EventType {
    /// Meaning and body members of this type. An event's body holds no other member (`Event.undeclaredMembers`).
    package var documentation: EventDescription {
        switch self {
        case .controllerStarted: .controllerStarted
        case .controllerStopped: .controllerStopped
        case .controllerUpgraded: .controllerUpgraded
        case .commitObserved: .commitObserved
        case .commitAccepted: .commitAccepted
        case .versionsFixed: .versionsFixed
        case .commitRejected: .commitRejected
        case .commitRewound: .commitRewound
        case .resourceInvalid: .resourceInvalid
        case .approvalSeen: .approvalSeen
        case .changeAdmitted: .changeAdmitted
        case .rulesAdopted: .rulesAdopted
        case .planDecided: .planDecided
        case .environmentBuilt: .environmentBuilt
        case .sourcesResolved: .sourcesResolved
        case .packagingProgressed: .packagingProgressed
        case .artifactInspected: .artifactInspected
        case .artifactVerified: .artifactVerified
        case .bundleBuilt: .bundleBuilt
        case .bundleSigned: .bundleSigned
        case .bundleAttested: .bundleAttested
        case .bundlePulled: .bundlePulled
        case .versionValidated: .versionValidated
        case .statementKeyMade: .statementKeyMade
        case .revisionAdmitted: .revisionAdmitted
        case .signatureVerified: .signatureVerified
        case .contentVerified: .contentVerified
        case .contentQuarantined: .contentQuarantined
        case .contentCollected: .contentCollected
        case .revisionPrepared: .revisionPrepared
        case .replicaStarted: .replicaStarted
        case .replicaFailed: .replicaFailed
        case .replicaExited: .replicaExited
        case .replicaAdopted: .replicaAdopted
        case .replicaStopped: .replicaStopped
        case .replicaForgotten: .replicaForgotten
        case .cacheCollected: .cacheCollected
        case .routesChanged: .routesChanged
        case .rolloutMoved: .rolloutMoved
        case .gatewayStarted: .gatewayStarted
        case .recordsSealed: .recordsSealed
        case .recordsErased: .recordsErased
        case .driftFound: .driftFound
        case .driftCorrected: .driftCorrected
        case .holdPlaced: .holdPlaced
        case .holdReleased: .holdReleased
        case .operatorCommand: .operatorCommand
        case .factsSnapshot: .factsSnapshot
        case .storeRebuilt: .storeRebuilt
        case .intentReconciled: .intentReconciled
        }
    }
}

extension Event {
    /// Members of the body that the catalogue does not list; empty for a well-made event. `actor` is always allowed.
    package var undeclaredMembers: [String] {
        let declared = Set(type.documentation.fields.map(\.name) + ["actor"])
        return body.keys.filter { !declared.contains($0) }.sorted()
    }
}
