/// What one prediction was: who was asked what, who answered what and why this revision did. `docs/records.md` section 3.
package struct PredictionRecord: Hashable, Sendable {
    /// How a request ended.
    package enum Ending: UInt8, Sendable, CaseIterable {
        /// The replica's answer reached its end.
        case answered
        /// The gateway answered of its own: nothing was ready, the replica failed, the request was refused.
        case refused
        /// The client went away first.
        case cancelled
        /// The replica's answer broke off after it had begun, or the client went away in it.
        case brokenOff
    }

    /// Why this revision got the request.
    package enum Reason: Hashable, Sendable {
        case notChosen
        case all
        /// Its share of the traffic in percent.
        case share(Int)
        case header
        case versionPath
    }

    package var id: RecordID
    /// Which instance of a batched request this is, from 0.
    package var instance: UInt32
    /// Instances that the request had; 1 for one that is no batch.
    package var instances: UInt32
    /// Microseconds since 1970.
    package var time: UInt64
    /// Nanoseconds from the request's head to the end of the answer.
    package var duration: UInt64
    /// 0: the client went away before there was an answer.
    package var status: UInt16
    package var ending: Ending
    package var reason: Reason
    /// Of the route table by which the revision was chosen.
    package var generation: UInt64
    /// What the client called its request; empty: nothing.
    package var requestID: String
    package var server: Server
    package var request: RecordedBody
    package var answer: RecordedBody

    /// Who answered; empty where it is not known.
    package struct Server: Hashable, Sendable {
        package var environment: String
        package var deployment: String
        package var model: String
        package var version: String
        /// In full, `sha256:…`.
        package var revision: String
        package var commit: String
        package var replica: String

        package init(
            environment: String, deployment: String, model: String = "", version: String = "", revision: String = "",
            commit: String = "", replica: String = ""
        ) {
            self.environment = environment
            self.deployment = deployment
            self.model = model
            self.version = version
            self.revision = revision
            self.commit = commit
            self.replica = replica
        }
    }

    package init(
        id: RecordID, instance: UInt32 = 0, instances: UInt32 = 1, time: UInt64, duration: UInt64, status: UInt16,
        ending: Ending, reason: Reason, generation: UInt64, requestID: String = "", server: Server,
        request: RecordedBody, answer: RecordedBody
    ) {
        self.id = id
        self.instance = instance
        self.instances = instances
        self.time = time
        self.duration = duration
        self.status = status
        self.ending = ending
        self.reason = reason
        self.generation = generation
        self.requestID = requestID
        self.server = server
        self.request = request
        self.answer = answer
    }
}

/// What somebody said of a prediction afterwards. `docs/records.md` section 5.
package struct FeedbackRecord: Hashable, Sendable {
    package var id: RecordID
    package var prediction: RecordID
    /// Nil: the prediction as a whole.
    package var instance: UInt32?
    /// Microseconds since 1970.
    package var time: UInt64
    package var requestID: String
    package var environment: String
    package var deployment: String
    /// JSON as it was sent.
    package var said: RecordedBody

    package init(
        id: RecordID, prediction: RecordID, instance: UInt32? = nil, time: UInt64, requestID: String = "",
        environment: String, deployment: String, said: RecordedBody
    ) {
        self.id = id
        self.prediction = prediction
        self.instance = instance
        self.time = time
        self.requestID = requestID
        self.environment = environment
        self.deployment = deployment
        self.said = said
    }
}
