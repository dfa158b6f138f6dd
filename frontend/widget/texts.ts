/** Every word the visitor reads. A language is complete or it does not compile. */
const en = {
  title: 'Write to us',
  open: 'Open chat',
  close: 'Close chat',
  log: 'Messages',
  label: 'Write a message',
  send: 'Send',
  connecting: 'Connecting…',
  online: 'Online',
  away: 'We are away and will answer here',
  offline: 'No connection, trying again… Your messages are kept.',
  refused: 'Chat is not available here',
  closed: 'The chat has ended. Write again at any time.',
  sending: 'Sending…',
  sent: 'Sent',
  seen: 'Seen',
  failed: 'Not sent',
  again: 'Try again',
  typing: 'is typing…',
  you: 'You',
};

export type Texts = typeof en;

const ru: Texts = {
  title: 'Напишите нам',
  open: 'Открыть чат',
  close: 'Закрыть чат',
  log: 'Сообщения',
  label: 'Напишите сообщение',
  send: 'Отправить',
  connecting: 'Соединяемся…',
  online: 'На связи',
  away: 'Нас сейчас нет, ответим здесь',
  offline: 'Нет связи, пробуем снова… Сообщения сохранены.',
  refused: 'Чат здесь недоступен',
  closed: 'Чат завершён. Пишите в любое время.',
  sending: 'Отправляем…',
  sent: 'Отправлено',
  seen: 'Прочитано',
  failed: 'Не отправлено',
  again: 'Повторить',
  typing: 'печатает…',
  you: 'Вы',
};

const es: Texts = {
  title: 'Escríbanos',
  open: 'Abrir el chat',
  close: 'Cerrar el chat',
  log: 'Mensajes',
  label: 'Escriba un mensaje',
  send: 'Enviar',
  connecting: 'Conectando…',
  online: 'En línea',
  away: 'Ahora no estamos, responderemos aquí',
  offline: 'Sin conexión, reintentando… Sus mensajes se guardan.',
  refused: 'El chat no está disponible aquí',
  closed: 'El chat ha terminado. Escriba cuando quiera.',
  sending: 'Enviando…',
  sent: 'Enviado',
  seen: 'Visto',
  failed: 'No enviado',
  again: 'Reintentar',
  typing: 'está escribiendo…',
  you: 'Usted',
};

const all: Record<string, Texts> = { en, ru, es };

/** The first of the wished languages that we speak ("es-MX" is Spanish), English otherwise. */
export function pickLanguage(...wished: (string | undefined)[]): string {
  const spoken = wished.map((tag) => (tag || '').slice(0, 2).toLowerCase());
  return spoken.find((language) => all[language]) || 'en';
}

export const texts = (language: string): Texts => all[language]!;
