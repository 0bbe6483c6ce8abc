import Foundation
import Network
import dnssd

/// iOS's own discovery of services. Raw multicast would need an entitlement that Apple gives to few.
///
/// Browsing is NWBrowser's. Announcing is DNSServiceRegister's: NWListener announces only a port that it listens on itself,
/// and this port is listened on in Rust.
final class Discovery {
    static let serviceType = "_afterglow._udp"
    private static let mostFollowed = 64

    private let queue = DispatchQueue(label: "app.afterglow.discovery")
    private var announced: [String: DNSServiceRef] = [:]
    private var browser: NWBrowser?
    private var resolving: [NWEndpoint: NWConnection] = [:]

    /// Settles with nothing, or with what went wrong.
    func announce(_ instance: String, port: UInt16, text: [String: String], settle: @escaping (String?) -> Void) {
        queue.async { [self] in
            end(instance)
            var service: DNSServiceRef?
            let record = NWTXTRecord(text).data
            let code = record.withUnsafeBytes { bytes in
                DNSServiceRegister(
                    &service, 0, 0, instance, Discovery.serviceType, nil, nil, port.bigEndian, UInt16(bytes.count),
                    bytes.baseAddress, nil, nil)
            }
            guard code == kDNSServiceErr_NoError, let registered = service else {
                settle("announcing failed with code \(code)")
                return
            }
            DNSServiceSetDispatchQueue(registered, queue)
            announced[instance] = registered
            settle(nil)
        }
    }

    func withdraw(_ instance: String) {
        queue.async { [self] in end(instance) }
    }

    private func end(_ instance: String) {
        if let service = announced.removeValue(forKey: instance) { DNSServiceRefDeallocate(service) }
    }

    func browse(_ tell: @escaping (Seen) -> Void) {
        queue.async { [self] in
            browser?.cancel()
            let descriptor = NWBrowser.Descriptor.bonjourWithTXTRecord(type: Discovery.serviceType, domain: nil)
            let browser = NWBrowser(for: descriptor, using: .udp)
            browser.browseResultsChangedHandler = { [weak self] results, _ in
                for result in results { self?.resolve(result, tell) }
            }
            browser.start(queue: queue)
            self.browser = browser
        }
    }

    func stopBrowsing() {
        queue.async { [self] in
            browser?.cancel()
            browser = nil
            for connection in resolving.values { connection.cancel() }
            resolving.removeAll()
        }
    }

    /// A connection by UDP sends nothing before it is told to; once it is ready, the address it found is known.
    private func resolve(_ result: NWBrowser.Result, _ tell: @escaping (Seen) -> Void) {
        guard case let .service(name, _, _, _) = result.endpoint, case let .bonjour(record) = result.metadata,
            resolving[result.endpoint] == nil, resolving.count < Discovery.mostFollowed
        else { return }
        let connection = NWConnection(to: result.endpoint, using: .udp)
        resolving[result.endpoint] = connection
        connection.stateUpdateHandler = { [weak self] state in
            switch state {
            case .ready:
                if case let .hostPort(host, port)? = connection.currentPath?.remoteEndpoint {
                    let text = record.dictionary
                    tell(Seen(instance: name, port: port.rawValue, addresses: [Discovery.plain(host)], text: text))
                }
                connection.cancel()
            case .failed, .waiting:
                connection.cancel()
            case .cancelled:
                self?.resolving.removeValue(forKey: result.endpoint)
            default:
                break
            }
        }
        connection.start(queue: queue)
    }

    /// `192.168.1.20%en0` names the interface too, which an IPv4 address does not need.
    private static func plain(_ host: NWEndpoint.Host) -> String {
        let text = "\(host)"
        guard case .ipv4 = host else { return text }
        return text.components(separatedBy: "%")[0]
    }
}
