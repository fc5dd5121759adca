// File inputs that speak the page's language. Without this module the browser's own control
// stands there and works; with it the control keeps its keyboard behaviour and its name.

const SIZES = ['B', 'KB', 'MB', 'GB'];

function size(bytes) {
  let step = 0;
  let value = bytes;
  while (value >= 1024 && step < SIZES.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${step === 0 ? value : value.toFixed(1)} ${SIZES[step]}`;
}

export function dress(picker) {
  const input = picker.querySelector('input[type=file]');
  const face = document.createElement('label');
  face.className = 'picker-face';
  face.htmlFor = input.id;
  face.textContent = picker.dataset.choose;
  const name = document.createElement('span');
  name.className = 'picker-name';
  picker.append(face, name);
  picker.classList.add('picker-said');

  const show = () => {
    const files = [...input.files];
    name.textContent = files.length > 0
      ? files.map((file) => `${file.name} (${size(file.size)})`).join(', ')
      : picker.dataset.none;
  };
  input.addEventListener('change', show);
  for (const kind of ['dragenter', 'dragover']) {
    picker.addEventListener(kind, (event) => {
      event.preventDefault();
      picker.classList.add('picker-over');
    });
  }
  for (const kind of ['dragleave', 'drop']) {
    picker.addEventListener(kind, () => picker.classList.remove('picker-over'));
  }
  picker.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) {
      input.files = event.dataTransfer.files;
      show();
    }
  });
  show();
}

document.querySelectorAll('[data-picker]').forEach(dress);
