import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import"./chunk-D5X673HY.js";var e={};export{e as default};
