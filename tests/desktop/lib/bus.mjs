// A desktop's session bus with what the app looks for on it: a tray that shows icons, and notifications. Both are played here, and
// say what the app asked of them.

import * as dbus from "@jellybrick/dbus-next";
import { until } from "./webdriver.mjs";

/** What something on the bus offers. The library forgets in each object what `configureMembers` said of its class. */
class Interface extends dbus.interface.Interface {
  constructor(name) {
    super(name);
    const { $methods, $properties, $signals } = new.target.prototype;
    Object.assign(this, { $methods, $properties, $signals });
  }
}

/** The tray's half that applications register at: https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem */
class Watcher extends Interface {
  items = [];

  RegisterStatusNotifierItem(service) {
    this.items.push(service);
    this.StatusNotifierItemRegistered(service);
  }

  RegisterStatusNotifierHost() {}

  get RegisteredStatusNotifierItems() {
    return this.items;
  }

  get IsStatusNotifierHostRegistered() {
    return true;
  }

  get ProtocolVersion() {
    return 0;
  }

  StatusNotifierItemRegistered(service) {
    return service;
  }
}
Watcher.configureMembers({
  methods: { RegisterStatusNotifierItem: { inSignature: "s" }, RegisterStatusNotifierHost: { inSignature: "s" } },
  properties: {
    RegisteredStatusNotifierItems: { signature: "as", access: "read" },
    IsStatusNotifierHostRegistered: { signature: "b", access: "read" },
    ProtocolVersion: { signature: "i", access: "read" },
  },
  signals: { StatusNotifierItemRegistered: { signature: "s" } },
});

/** https://specifications.freedesktop.org/notification-spec */
class Notifications extends Interface {
  shown = [];

  Notify(app, replaces, icon, title, body, actions) {
    const id = replaces === 0 ? this.shown.length + 1 : replaces;
    this.shown.push({ id, app, title, body, actions });
    return id;
  }

  CloseNotification() {}

  GetCapabilities() {
    return ["actions", "body", "body-markup"];
  }

  GetServerInformation() {
    return ["desk", "afterglow", "1", "1.2"];
  }

  ActionInvoked(id, action) {
    return [id, action];
  }
}
Notifications.configureMembers({
  methods: {
    Notify: { inSignature: "susssasa{sv}i", outSignature: "u" },
    CloseNotification: { inSignature: "u" },
    GetCapabilities: { outSignature: "as" },
    GetServerInformation: { outSignature: "ssss" },
  },
  signals: { ActionInvoked: { signature: "us" } },
});

export class Bus {
  #bus;
  #watcher = new Watcher("org.kde.StatusNotifierWatcher");
  #notifications = new Notifications("org.freedesktop.Notifications");

  /** Takes its place on a bus that runs. */
  static async at(address) {
    const bus = new Bus();
    bus.#bus = dbus.sessionBus({ busAddress: address });
    for (const [name, path, face] of [
      ["org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", bus.#watcher],
      ["org.freedesktop.Notifications", "/org/freedesktop/Notifications", bus.#notifications],
    ]) {
      bus.#bus.export(path, face);
      await bus.#bus.requestName(name, 0);
    }
    return bus;
  }

  /** What the menu of the app's icon says, once it says what is awaited. */
  async menu(wanted) {
    return until(`a menu with "${wanted}"`, async () => {
      const [service] = this.#watcher.items;
      const object = await this.#bus.getProxyObject(service, "/MenuBar");
      const menu = object.getInterface("com.canonical.dbusmenu");
      const [, [, , entries]] = await menu.GetLayout(0, -1, ["label"]);
      const labels = entries.map(({ value: [id, properties] }) => ({ id, label: properties.label?.value }));
      return labels.some(({ label }) => label === wanted) && { labels: labels.map(({ label }) => label).filter(Boolean), click: (label) => this.#click(menu, labels, label) };
    });
  }

  #click(menu, labels, wanted) {
    const { id } = labels.find(({ label }) => label === wanted);
    return menu.Event(id, "clicked", new dbus.Variant("s", ""), 0);
  }

  /** The last notification, once there is one of that text. */
  notification(body) {
    return until(`the notification "${body}"`, () => this.#notifications.shown.findLast((one) => one.body === body), 60_000);
  }

  get notifications() {
    return this.#notifications.shown;
  }

  /** The person follows a notification. */
  follow({ id }) {
    this.#notifications.ActionInvoked(id, "default");
  }

  leave() {
    this.#bus.disconnect();
  }
}
