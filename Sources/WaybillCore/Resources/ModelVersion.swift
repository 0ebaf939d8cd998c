/// One version of a model: the exact bytes to serve, by digest, and the interface that they offer.
package struct ModelVersion: Hashable, Sendable {
    package var id: VersionID
    package var format: String
    package var artifacts: [Artifact]
    package var inputs: [Tensor]
    package var outputs: [Tensor]
    /// What made it: packaged with it, and no part of what runs.
    package var code: CodeSource?
    package var data: [Dataset]
    package var environment: PythonEnvironment?
    /// The model card: a path from the top of the fleet repository.
    package var card: String?
    package var license: String?
    /// How good it is, as whoever made it measured.
    package var metrics: [String: Double]

    package init(
        id: VersionID, format: String, artifacts: [Artifact], inputs: [Tensor] = [], outputs: [Tensor] = [],
        code: CodeSource? = nil, data: [Dataset] = [], environment: PythonEnvironment? = nil, card: String? = nil,
        license: String? = nil, metrics: [String: Double] = [:]
    ) {
        self.id = id
        self.format = format
        self.artifacts = artifacts
        self.inputs = inputs
        self.outputs = outputs
        self.code = code
        self.data = data
        self.environment = environment
        self.card = card
        self.license = license
        self.metrics = metrics
    }
}

/// The code that a version was made with, at one commit.
package struct CodeSource: Hashable, Sendable {
    package var repository: String
    package var commit: CommitID
    /// A folder in it; nil for all of it.
    package var path: String?

    package init(repository: String, commit: CommitID, path: String? = nil) {
        self.repository = repository
        self.commit = commit
        self.path = path
    }
}

/// Data that a version was made with or measured on.
package struct Dataset: Hashable, Sendable {
    package var name: Name
    package var uri: String?
    package var digest: Digest

    package init(name: Name, uri: String? = nil, digest: Digest) {
        self.name = name
        self.uri = uri
        self.digest = digest
    }
}

/// One file of a model version.
package struct Artifact: Hashable, Sendable {
    /// Where the file stands in the model's folder when it is served: relative, no `..`.
    package var path: String
    /// Where its bytes come from.
    package var source: ArtifactSource
    package var digest: Digest
    /// Bytes.
    package var size: Int64

    package init(path: String, source: ArtifactSource, digest: Digest, size: Int64) {
        self.path = path
        self.source = source
        self.digest = digest
        self.size = size
    }
}

package enum ArtifactSource: Hashable, Sendable, CustomStringConvertible {
    /// A path from the top of the fleet repository.
    case repository(path: String)
    /// An absolute path on the controller's machine.
    case file(path: String)
    /// Another machine.
    case remote(RemoteSource)

    package var description: String {
        switch self {
        case .repository(let path): path
        case .file(let path): "file:\(path)"
        case .remote(let source): source.text
        }
    }
}

/// A tensor in the terms of the Open Inference Protocol V2; -1 in `shape` is a variable dimension.
package struct Tensor: Hashable, Sendable {
    package enum Datatype: String, CaseIterable, Hashable, Sendable {
        case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES
    }

    package var name: String
    package var datatype: Datatype
    package var shape: [Int64]

    package init(name: String, datatype: Datatype, shape: [Int64]) {
        self.name = name
        self.datatype = datatype
        self.shape = shape
    }
}
