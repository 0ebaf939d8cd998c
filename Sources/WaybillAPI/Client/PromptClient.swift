package import AsyncHTTPClient
import NIOCore

extension HTTPClient {
    /// The client of commands: a refused connection is told at once. The library's shared client would try again until the
    /// deadline, so that a person would wait a minute to hear that nothing runs. It lives as long as the process.
    package static let prompt = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: promptConfiguration)

    private static var promptConfiguration: Configuration {
        var configuration = Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        return configuration
    }
}
