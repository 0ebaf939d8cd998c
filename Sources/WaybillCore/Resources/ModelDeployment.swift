/// Which version of a model serves in an environment, by which runtime, and how much of it.
package struct ModelDeployment: Hashable, Sendable {
    package var key: DeploymentKey
    package var version: VersionID
    package var runtime: Name
    package var replicas: Int
    package var resources: Resources
    package var env: [EnvironmentVariable]
    package var rollout: Rollout
    package var recording: RecordingPolicy

    package init(
        key: DeploymentKey, version: VersionID, runtime: Name, replicas: Int = 1, resources: Resources = Resources(),
        env: [EnvironmentVariable] = [], rollout: Rollout = Rollout(), recording: RecordingPolicy = .off
    ) {
        self.recording = recording
        self.key = key
        self.version = version
        self.runtime = runtime
        self.replicas = replicas
        self.resources = resources
        self.env = env
        self.rollout = rollout
    }

    /// How one revision replaces another.
    package struct Rollout: Hashable, Sendable {
        package enum Strategy: String, CaseIterable, Hashable, Sendable { case replace, blueGreen, canary }
        /// What is done with a revision that fails on its way.
        package enum OnFailure: String, CaseIterable, Hashable, Codable, Sendable { case rollback, pause }

        /// What is done when an analysis has come to no verdict in its time.
        package enum OnInconclusive: String, CaseIterable, Hashable, Codable, Sendable {
            case pause, rollback
            case goOn = "continue"
        }

        package var strategy: Strategy
        /// How long requests in flight may take once their replica is out of rotation.
        package var drain: Duration
        /// As the manifest has them: weights and pauses of `canary`, pauses before the switch of `blueGreen`.
        package var steps: [RolloutStep]
        package var onFailure: OnFailure
        package var onInconclusive: OnInconclusive
        /// How long what served before stays whole once the new revision has all traffic.
        package var keepOld: Duration

        package init(
            strategy: Strategy = .replace, drain: Duration = .seconds(30), steps: [RolloutStep] = [],
            onFailure: OnFailure = .rollback, keepOld: Duration = .zero, onInconclusive: OnInconclusive = .pause
        ) {
            self.onInconclusive = onInconclusive
            self.strategy = strategy
            self.drain = drain
            self.steps = steps
            self.onFailure = onFailure
            self.keepOld = keepOld
        }

        /// All that a revision goes through, in order; empty for `replace`.
        package var path: [RolloutStep] {
            let kept = keepOld > .zero ? [RolloutStep.keepOld(keepOld)] : []
            return switch strategy {
            case .replace: []
            case .canary: steps + kept
            case .blueGreen: (steps.isEmpty ? [] : [.weight(0)] + steps) + [.weight(100)] + kept
            }
        }
    }
}

/// Limits of one replica; nil is no limit.
package struct Resources: Hashable, Sendable {
    /// Bytes.
    package var memory: Int64?
    /// Cores, thousandths.
    package var cpuMillis: Int64?
    /// Accelerators of this machine by index, given to the replica through `CUDA_VISIBLE_DEVICES`.
    package var devices: [Int]

    /// The variable that tells a program its accelerators; always Waybill's, and empty for a replica that asks for none.
    package static let devicesVariable = "CUDA_VISIBLE_DEVICES"

    package init(memory: Int64? = nil, cpuMillis: Int64? = nil, devices: [Int] = []) {
        self.memory = memory
        self.cpuMillis = cpuMillis
        self.devices = devices
    }
}
